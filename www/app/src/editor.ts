/** One note being written: typed, sealed as a draft, saved as a version. Whatever goes wrong, the text stays. */
import { hasStatus, isUnreachable } from './api.ts';
import type { NoteState } from './clients.ts';
import type { Drafts } from './drafts.ts';
import { type Drawer, fetchHead, type Ids, type Opened, type Sealed } from './drawers.ts';
import { explain } from './errors.ts';
import { blank, type Content, isBlank, sameContent } from './model.ts';
import { beforeLock } from './state.ts';

const QUIET_MS = 700;
const AT_MOST_MS = 1_800;
const OFFLINE = 'Offline – draft kept on this device, sealed';

/** Another text for the same note, from another device or tab. Neither is thrown away without being asked. */
export type Conflict = { kind: 'version'; theirs: Opened } | { kind: 'draft'; theirs: { content: Content } };

interface Attempt {
  sealed: Sealed;
  content: Content;
}

export class NoteEditor {
  content: Content;
  head: Opened | undefined;
  hasDraft: boolean;
  conflict: Conflict | undefined;
  discarded: Content | undefined;
  status = '';
  error = '';
  pending = false;
  saving = false;

  readonly ids: Ids;
  #base: number;
  #attempt: Attempt | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstTyped = 0;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly drawer: Drawer,
    readonly drafts: Drafts,
    ids: Omit<Ids, 'record'>,
    date: string,
    { head, draft, other }: NoteState,
  ) {
    // The session's id names its note in either drawer: two tabs that begin the same note meet in a conflict, not in two notes.
    this.ids = { ...ids, record: (head ?? draft)?.record ?? ids.session };
    this.head = head;
    this.#base = head?.version ?? 0;
    this.content = { ...(head?.content ?? blank(drawer.name, date)), date };
    this.hasDraft = draft !== undefined && !(head && sameContent(draft.content, head.content));
    if (draft && this.hasDraft) {
      this.content = { ...draft.content, date };
      if (head && draft.baseVersion < head.version) {
        this.#base = draft.baseVersion;
        this.conflict = { kind: 'version', theirs: head };
      } else if (other && !sameContent(other.content, draft.content)) {
        this.conflict = { kind: 'draft', theirs: other };
      }
      this.status = 'Draft restored';
    } else if (draft) {
      this.#inTurn(() => drafts.remove(drawer.name, this.ids.record)).catch(() => undefined);
    }
    drafts.sent.add(this.#onSent);
    beforeLock.add(this.#sealNow);
    document.addEventListener('visibilitychange', this.#onHide);
    addEventListener('pagehide', this.#onLeave);
  }

  readonly subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  };

  get dirty(): boolean {
    return this.head ? !sameContent(this.content, this.head.content) : !isBlank(this.content);
  }

  type(field: string, text: string): void {
    this.#change({ ...this.content, fields: { ...this.content.fields, [field]: text } });
  }

  setDate(date: string): void {
    if (date === this.content.date) return;
    if (!this.head && isBlank(this.content)) {
      this.content = { ...this.content, date };
      this.#tell();
    } else {
      this.#change({ ...this.content, date });
    }
  }

  /** Seals what was typed and puts it away. Safe to call at any time; also called on hide and on leaving. */
  readonly flush = (): Promise<void> => {
    clearTimeout(this.#timer);
    if (!this.pending) return this.#last.then(() => undefined);
    this.#firstTyped = 0;
    return this.#inTurn(() => this.#putDraft());
  };

  readonly save = (): Promise<void> =>
    this.#run(async () => {
      if (this.conflict) return;
      await this.#flushNow();
      if (!this.dirty) {
        this.#show('Nothing to save');
        return;
      }
      await this.#saveVersion();
    });

  async saveMine(): Promise<void> {
    const { conflict } = this;
    if (!conflict) return;
    if (conflict.kind === 'version') this.#adopt(conflict.theirs);
    this.conflict = undefined;
    this.pending = true;
    await this.save();
  }

  async useTheirs(): Promise<void> {
    const { conflict } = this;
    if (!conflict) return;
    this.discarded = this.content;
    this.conflict = undefined;
    this.content = conflict.theirs.content;
    this.#tell();
    if (conflict.kind === 'version') {
      this.#adopt(conflict.theirs);
      await this.#run(() => this.#dropDraft('Theirs is shown'));
    } else {
      this.pending = true;
      await this.flush();
    }
  }

  async discard(): Promise<void> {
    this.discarded = this.content;
    this.content = this.head?.content ?? blank(this.drawer.name, this.content.date);
    clearTimeout(this.#timer);
    this.pending = false;
    await this.#run(() => this.#dropDraft('Draft discarded'));
  }

  async undo(): Promise<void> {
    if (!this.discarded) return;
    this.content = this.discarded;
    this.discarded = undefined;
    this.pending = true;
    this.#tell();
    await this.flush();
    if (!this.error && this.status === 'Draft saved') this.#show('Undone');
  }

  /** After a revocation: the same text under a new version that was stored elsewhere. */
  async rebase(stored: { version: number; bytes: Uint8Array }): Promise<void> {
    if (this.head) this.#adopt({ ...this.head, ...stored, writtenAt: new Date() });
    this.#show(`Saved as version ${stored.version}`);
    if (this.hasDraft || this.pending) {
      this.pending = true;
      await this.flush();
    }
    this.#tell();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush().catch(() => undefined);
    this.drafts.sent.delete(this.#onSent);
    document.removeEventListener('visibilitychange', this.#onHide);
    removeEventListener('pagehide', this.#onLeave);
    // Until the last draft is sealed, locking has to wait for it.
    this.#last.catch(() => undefined).finally(() => beforeLock.delete(this.#sealNow));
  }

  #change(content: Content): void {
    this.content = content;
    this.discarded = undefined;
    this.pending = true;
    this.error = '';
    this.status = '';
    const now = Date.now();
    this.#firstTyped ||= now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.flush, Math.max(0, Math.min(QUIET_MS, this.#firstTyped + AT_MOST_MS - now)));
    this.#tell();
  }

  /** Before the keys go: seals at once, behind no upload that may hang. The sealed draft is sent on afterwards. */
  readonly #sealNow = async (): Promise<void> => {
    clearTimeout(this.#timer);
    if (!this.pending) return;
    this.pending = false;
    const sealed = await this.drawer.sealDraft(this.ids, this.#base, this.content);
    this.drafts.put(this.drawer.name, this.ids.record, sealed).catch(() => undefined);
  };

  readonly #onLeave = (): void => {
    this.flush().catch(() => undefined);
  };

  readonly #onHide = (): void => {
    if (document.visibilityState === 'hidden') this.#onLeave();
  };

  readonly #onSent = (record: string): void => {
    if (record === this.ids.record && this.hasDraft && this.status === OFFLINE) this.#show('Draft saved');
  };

  #adopt(head: Opened): void {
    this.head = head;
    this.#base = head.version;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.catch(() => undefined).then(work);
    this.#last = turn;
    return turn;
  }

  async #run(work: () => Promise<void>): Promise<void> {
    this.saving = true;
    this.error = '';
    this.status = '';
    this.#tell();
    try {
      await this.#inTurn(work);
    } catch (error) {
      this.error = explain(error);
    } finally {
      this.saving = false;
      this.#tell();
    }
  }

  async #flushNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#firstTyped = 0;
    if (this.pending) await this.#putDraft();
  }

  async #putDraft(): Promise<void> {
    const { content } = this;
    try {
      if (!this.dirty && !this.conflict) {
        if (this.hasDraft) await this.#dropDraft('No changes');
        else this.#settle(content, '');
        return;
      }
      const sealed = await this.drawer.sealDraft(this.ids, this.#base, content);
      const where = await this.drafts.put(this.drawer.name, this.ids.record, sealed);
      this.hasDraft = true;
      this.#settle(content, where === 'server' ? 'Draft saved' : OFFLINE);
    } catch (error) {
      this.error = explain(error);
      this.#tell();
    }
  }

  async #dropDraft(status: string): Promise<void> {
    const { content } = this;
    await this.drafts.remove(this.drawer.name, this.ids.record);
    this.hasDraft = false;
    this.#settle(content, status);
  }

  /** More may have been typed while the last text was on its way; then that is still pending. */
  #settle(content: Content, status: string): void {
    if (this.content === content) this.pending = false;
    this.#show(this.pending ? '' : status);
  }

  async #saveVersion(): Promise<void> {
    const { content } = this;
    const earlier = this.#attempt;
    try {
      const sealed = await this.#seal(content);
      this.#attempt = { sealed, content };
      await this.drawer.store(this.ids.record, sealed);
      // It is what was just written: opening it would be an access in the ledger that nobody made.
      await this.#saved({ ...this.ids, ...sealed, content, writtenAt: new Date() }, content, sealed);
    } catch (error) {
      if (isUnreachable(error)) this.#show(OFFLINE);
      else if (hasStatus(error, 409)) await this.#meet(await fetchHead(this.drawer, this.ids.record), content, earlier);
      else throw error;
    }
  }

  /** The same text is uploaded in the same bytes: if the first answer was lost, the server knows it already. */
  async #seal(content: Content): Promise<Sealed> {
    if (
      this.#attempt &&
      this.#attempt.sealed.version === (this.head?.version ?? 0) + 1 &&
      sameContent(this.#attempt.content, content)
    ) {
      return this.#attempt.sealed;
    }
    return this.head ? this.drawer.edit(this.head, content) : this.drawer.seal(this.ids, content);
  }

  /** Someone saved first. It may have been us. */
  async #meet(theirs: Opened, mine: Content, earlier: Attempt | undefined): Promise<void> {
    if (sameContent(theirs.content, mine)) {
      await this.#saved(theirs, mine);
      return;
    }
    if (earlier && theirs.version === earlier.sealed.version && sameContent(theirs.content, earlier.content)) {
      this.#adopt(theirs);
      await this.#saveVersion();
      return;
    }
    this.conflict = { kind: 'version', theirs };
    this.#show('');
  }

  async #saved(head: Opened, content: Content, sealed?: Sealed): Promise<void> {
    this.#adopt(head);
    this.#attempt = undefined;
    this.discarded = undefined;
    const left = sealed?.left.length ? `. Not shared on with ${sealed.left.join(', ')}: see why under Readers` : '';
    if (this.content === content) {
      await this.#dropDraft(`Saved as version ${head.version}${left}`);
    } else {
      this.#show(`Saved as version ${head.version}${left}`);
    }
  }

  #show(status: string): void {
    this.status = status;
    this.#tell();
  }

  #tell(): void {
    for (const tell of this.#listeners) tell();
  }
}
