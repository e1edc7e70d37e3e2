// Runs recovery.json and recovery-failures.json: after a rotation, through every way in, in the hands of executors.
// Called by vectors.mjs, whose helpers it is handed.

const KINDS = ['passphrase', 'passkey', 'recovery-code', 'trustees'];
const DEALS = ['trustees', 'will'];
const REQUESTS = ['device', 'trustees', 'will'];
const date = (seconds) => new Date(seconds * 1000);
const optional = (name, value) => (value === null || value === undefined ? {} : { [name]: value });

/** Checks what must open; resolves to the operations of recovery-failures.json. */
export async function checkRecovery(library, file, { bytes, hex, equal, check, openGood }) {
  const { Identity, inspectRequest, ProfessionalWill, Share, UnlockRequest, Vault, checkRecoveryCode } = library;
  const account = Object.fromEntries(file.accounts.map((known) => [known.name, known]));
  const stored = ({ vault, slots }) => ({ sealedVault: bytes(vault.sealed), slots: slots.map(({ sealed }) => bytes(sealed)) });
  const identity = (name, entries) => Identity.fromKeyLog(account[name].account, account[name].key_log.slice(0, entries).map(({ entry }) => bytes(entry)));
  // Whom they pinned, once they accepted the keys that came after.
  const trusted = async (by, whose) => (await by.verified(whose)) ?? (await by.trust.acceptKeys(whose), by.verified(whose));
  const sharesOf = async (owner, texts) => Promise.all(texts.map((text) => Share.fromText({ owner, text })));
  const textsOf = (deal, numbers) => numbers.map((number) => deal.shares[number - 1].text);

  // Every slot opens its vault.
  for (const known of file.accounts) {
    for (const slot of known.slots) {
      await check(`unlock ${known.name} by ${KINDS[slot.kind - 1]}`, async () => {
        const vault = await [
          () => Vault.unlock({ passphrase: slot.passphrase, accountSecret: known.account_secret_text, ...stored(known) }),
          () => Vault.unlockWithPasskey({ prf: bytes(slot.secret), ...stored(known) }),
          () => Vault.unlockWithRecoveryCode({ recoveryCode: slot.text, ...stored(known) }),
          async () => {
            const owner = await identity(known.name);
            const deal = file.deals.find(({ deal }) => deal === slot.slot);
            for (const numbers of deal.rebuilt_by.slice(1)) {
              (await Vault.unlockWithShares({ owner, shares: await sharesOf(owner, textsOf(deal, numbers)), ...stored(known) })).lock();
            }
            return Vault.unlockWithShares({ owner, shares: await sharesOf(owner, textsOf(deal, deal.rebuilt_by[0])), ...stored(known) });
          },
        ][slot.kind - 1]();
        known.unlocked ??= vault;
        const usedUp = slot.kind === 3;
        equal([vault.account, vault.fingerprint, vault.generation, vault.epoch], [known.account, known.fingerprint, known.vault.generation, known.epochs.length], 'vault');
        equal([vault.hasConfirmedRecovery, await vault.revealAccountSecret()], [!usedUp, known.account_secret_text], 'recovery');
        const slots = known.slots.map(({ slot, generation, kind, name, added_at, checked_at }) => ({
          slot, generation, kind: KINDS[kind - 1], name, addedAt: date(added_at), ...optional('checkedAt', checked_at && date(checked_at)),
        }));
        equal(vault.unlockSlots(), slots, 'slots');
        equal(vault.devices(), known.devices.map(({ device, name, added_at }) => ({ device, name, addedAt: date(added_at) })), 'devices');
        const deals = known.deals.map((named) => file.deals.find(({ name }) => name === named)).map(({ kind, deal, threshold, dealt_at, shares }) => ({
          kind: DEALS[kind - 1], deal, threshold, dealtAt: date(dealt_at), shares: shares.map(({ name, holder }) => ({ name, ...optional('account', holder && account[holder].account) })),
        }));
        equal(vault.deals(), deals, 'deals');
      });
    }
  }
  const vault = (name) => account[name].unlocked;
  for (const { by, account: of, entries, verified } of file.verified) {
    await check(`${by} takes ${entries} entries of ${of}'s key log`, async () =>
      equal((await vault(by).verified(await identity(of, entries)).catch(() => undefined)) !== undefined, verified, 'verified'));
  }
  for (const text of file.recovery_codes.accepted) {
    await check(`recovery code ${text}`, () => equal(checkRecoveryCode(text), true, 'checked'));
  }
  await openGood(file.notes, file.records, account, async (name, by) => trusted(vault(by), await identity(name)));

  // Shares, requests, answers
  for (const { name, owner: named, kind, deal, threshold, count, shares } of file.deals) {
    for (const { number, text, holder, sealed } of shares) {
      await check(`share ${number} of ${name}`, async () => {
        const owner = await identity(named);
        const place = { account: owner.account, kind: DEALS[kind - 1], deal, threshold, count, number };
        const opened = [await Share.fromText({ owner, text }), await Share.fromText({ owner, text: text.toLowerCase().replaceAll('-', ' ') })];
        if (holder) opened.push(await vault(holder).openShare({ owner, kind: DEALS[kind - 1], deal, sealed: bytes(sealed.sealed) }));
        for (const share of opened) {
          equal(Object.fromEntries(Object.keys(place).map((field) => [field, share[field]])), place, 'place');
        }
      });
    }
  }
  for (const asked of file.requests) {
    await check(`request ${asked.name}`, async () => {
      const [request, answer] = [bytes(asked.request), bytes(asked.answers[0].sealed)];
      equal(await inspectRequest(request), { account: account[asked.account].account, kind: REQUESTS[asked.kind - 1], code: asked.code }, 'request');
      if (asked.kind === 3) {
        equal((await vault(asked.claimant).openAnswer({ request, answer })).kind, 'will', 'answer');
        return;
      }
      const own = await UnlockRequest.resume({ bytes: request, kept: bytes(asked.kept.sealed), passphrase: asked.kept.passphrase });
      equal([own.account, own.code], [account[asked.account].account, asked.code], 'resumed');
      if (asked.kind === 2) {
        equal((await own.openShare(answer)).number, 1, 'answer');
        return;
      }
      equal((await own.openDeviceAnswer(answer)).accountSecret, account[asked.account].account_secret_text, 'answer');
      for (const code of asked.accepted) {
        const ours = await vault(asked.account).answerDevice({ request, code });
        equal((await own.openDeviceAnswer(ours)).accountSecret, account[asked.account].account_secret_text, 'our answer');
      }
    });
  }

  // Wills
  const records = new Map([...file.notes.map((note) => [note.name, [note, 'openPrivate']]), ...file.records.map((record) => [record.name, [record, 'openChart']])]);
  for (const { deal: named, owner: name, scope, sealed, opens } of file.wills) {
    const deal = file.deals.find((known) => known.name === named);
    await check(named, async () => {
      const owner = await identity(name);
      for (const numbers of deal.rebuilt_by) {
        const will = await ProfessionalWill.open({ will: bytes(sealed), owner, shares: await sharesOf(owner, textsOf(deal, numbers)) });
        equal([will.account, will.scope], [owner.account, ['chart', 'chart-and-private'][scope - 1]], 'will');
        for (const name of opens) {
          const [record, open] = records.get(name);
          const { text, sections } = await will[open](bytes(record.sealed));
          equal(sections ?? { note: text }, record.texts, name);
        }
        will.close();
      }
    });
  }

  const owned = async ({ owner: name, texts = [] }) => {
    const owner = await identity(name);
    return { owner, shares: await sharesOf(owner, texts) };
  };
  const storedIn = (c) => ({ sealedVault: c.vault, slots: [c.slot] });
  const will = async (c) => ProfessionalWill.open({ will: c.will, ...(await owned(c)) });
  return {
    unlockWithPasskey: (c) => Vault.unlockWithPasskey({ prf: c.prf, ...storedIn(c) }),
    unlockWithRecoveryCode: (c) => Vault.unlockWithRecoveryCode({ recoveryCode: c.recovery_code, ...storedIn(c) }),
    unlockWithShares: async (c) => Vault.unlockWithShares({ ...(await owned(c)), ...storedIn(c) }),
    readKeyLog: (c) => Identity.fromKeyLog(hex(c.id), c.next ? [c.entry, c.next] : [c.entry]),
    recoveryCode: (c) => {
      if (!checkRecoveryCode(c.text)) throw new library.SealedNotesError('invalid_recovery_code', 'a typing mistake');
    },
    openRequest: (c) => inspectRequest(c.request),
    answerDevice: (c) => vault(c.account).answerDevice({ request: c.request, code: c.code }),
    answerWithShare: async (c) => {
      const share = await Share.fromText({ owner: await identity(c.owner), text: c.text });
      return vault(c.account).answerWithShare({ share, request: c.request, code: c.code });
    },
    openShare: async (c) => vault(c.account).openShare({ owner: await identity(c.owner), kind: c.deal_kind, deal: hex(c.deal), sealed: c.sealed }),
    openAnswer: (c) => vault(c.account).openAnswer({ request: c.request, answer: c.answer }),
    readPrintedShare: async (c) => Share.fromText({ owner: await identity(c.owner), text: c.text }),
    openWill: will,
    openPrivateNoteByWill: async (c) => (await will(c)).openPrivate(c.sealed),
    openChartRecordByWill: async (c) => (await will(c)).openChart(c.sealed),
    openSharedChartRecord: async (c) => {
      const author = await trusted(vault(c.account), await identity(c.author, c.entries));
      return vault(c.account).chart.openShared({ bytes: c.sealed, grant: c.grant, author });
    },
  };
}
