/** What each stored column tells the server, in words. */
const COLUMNS: Record<string, string> = {
  account: 'Whose it is: a hash of public keys',
  author: 'Who wrote it: a hash of public keys',
  body: 'The text: padded and encrypted',
  ciphertext_bytes: 'Size of one encrypted text, rounded up by padding',
  client: 'Which client: a random id, no name',
  drawer: 'Private or chart',
  epoch: "Generation of the author's keys",
  expires_at: 'When the grant ends',
  final: 'Whether it was signed off',
  hash: 'Hash of the sealed bytes',
  previous: 'Hash of the version before: none can be slipped in or left out',
  recipient: 'Who may read: a hash of public keys',
  record: 'Which note: a random id',
  revoked_at: 'When it was revoked',
  section: 'Name of a part, not what is in it',
  session: 'Which session: a random id, no date',
  signed: 'Ids, version and hashes under your signature: readable, not forgeable',
  stored_at: 'When the server stored it',
  tenant: 'Which hosting platform: a random id',
  version: 'How often it was saved',
  wrap: 'The keys to the text, encrypted to you alone',
  written_at: 'When it was written, by your clock',
};

// What `sealed` holds depends on the table.
const SEALED: Record<string, string> = {
  grants: "The keys to the text, encrypted to the recipient's public key",
  private_drafts: 'What you are typing: padded and encrypted',
  chart_drafts: 'What you are typing: padded and encrypted',
};

export const explainColumn = (name: string, table = ''): string =>
  name === 'sealed' ? (SEALED[table] ?? 'Padded and encrypted') : (COLUMNS[name] ?? '');
