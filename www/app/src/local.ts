/** localStorage; where the browser refuses it, this page's memory. */

const memory = new Map<string, string>();

const orMemory = <T>(work: (storage: Storage) => T, instead: () => T): T => {
  try {
    return work(localStorage);
  } catch {
    return instead();
  }
};

export const local = {
  get: (key: string): string | null =>
    orMemory(
      (storage) => storage.getItem(key),
      () => null,
    ) ??
    memory.get(key) ??
    null,
  set(key: string, value: string): void {
    orMemory<unknown>(
      (storage) => storage.setItem(key, value),
      () => memory.set(key, value),
    );
  },
  remove(key: string): void {
    memory.delete(key);
    orMemory<unknown>(
      (storage) => storage.removeItem(key),
      () => undefined,
    );
  },
};
