import { Identities, type VaultHandle } from '../wasm/sealed_notes.js';
import { asText } from './check.js';
import { call } from './error.js';
import { Identity, KnownAuthor, VerifiedIdentity } from './identity.js';
import type { Id, Standing, TrustedAs, VaultChange } from './types.js';

/** Whom the owner of a vault trusts, and with which keys. All of it is sealed in the vault and follows her to new devices. */
export class Trust {
  readonly #handle: VaultHandle;

  private constructor(handle: VaultHandle) {
    this.#handle = handle;
  }

  /** @internal */
  static of(handle: VaultHandle): Trust {
    return new Trust(handle);
  }

  /**
   * How far an identity that a server handed out can be trusted: by its own fingerprint, or by one of `practices` that was
   * confirmed as one. `keys-changed`: it was, and has made new keys since. Its earlier records open with `author`; sharing
   * takes a decision of the person who shares: {@link Trust.acceptKeys}.
   *
   * @throws {@link SealedNotesError} `rolled_back` or `forked` if the key log lacks the newest entry that was ever seen
   */
  async standing(identity: Identity, practices: readonly Identity[] = []): Promise<Standing> {
    return call(() => {
      const handle = this.#handle.standing(Identity.handle(identity), identities(practices));
      const [verified, known] = [handle.verified(), handle.known()];
      if (verified) return { standing: 'verified', identity: VerifiedIdentity.of(verified) };
      return known ? { standing: 'keys-changed', author: KnownAuthor.of(known) } : { standing: 'unverified' };
    });
  }

  /** Goes on trusting somebody who made new keys. Ask her first, and not through the server. */
  async acceptKeys(identity: Identity): Promise<VaultChange> {
    return call(() => this.#handle.acceptKeys(Identity.handle(identity)) as VaultChange);
  }

  /**
   * Remembers how far a trusted identity's key log goes, so that no device goes back behind it. Nothing where that is
   * remembered already, or where the identity is not trusted.
   */
  async see(identity: Identity, practices: readonly Identity[] = []): Promise<VaultChange | undefined> {
    return call(() => this.#handle.see(Identity.handle(identity), identities(practices)) as VaultChange | undefined);
  }

  /** Stops trusting somebody whose fingerprint was compared. */
  async distrust(account: Id): Promise<VaultChange> {
    return call(() => this.#handle.distrust(asText(account, 'account')) as VaultChange);
  }

  /** Everybody whose fingerprint was compared, as what, and the name that was given then; empty if none was. */
  list(): { account: Id; as: TrustedAs; name: string }[] {
    return call(() => this.#handle.trusted() as { account: Id; as: TrustedAs; name: string }[]);
  }

  /**
   * That the key log which the server shows of this very account ends where the vault says.
   *
   * @throws {@link SealedNotesError} `rolled_back` for an old log or an old vault, `forked` for another one
   */
  async checkOwnKeyLog(identity: Identity): Promise<void> {
    call(() => this.#handle.checkOwnKeyLog(Identity.handle(identity)));
  }
}

function identities(list: readonly Identity[]): Identities {
  const collected = new Identities();
  for (const identity of list) collected.add(Identity.handle(identity));
  return collected;
}
