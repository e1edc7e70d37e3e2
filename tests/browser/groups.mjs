// What is done under Account → Practice and teams.
import { testid } from './person.mjs';

export const inGroup = (handle, name) => `${testid('group')}[data-handle="${handle}"] ${testid(name)}`;
export const inMember = (group, handle, name) => `${testid('group')}[data-handle="${group}"] ${testid('member')}[data-handle="${handle}"] ${testid(name)}`;

/** Reads the section anew. */
export async function groups(person) {
  await person.go('account');
  await person.tab.click(testid('account-activity'));
  await person.tab.click(testid('account-groups'));
  await person.tab.visible(testid('trusted-practices'));
  await person.tab.until('the groups to be there', () => !document.querySelector('.loading'));
}

/** Resolves with what colleagues share with or trust: its handle and its digits. */
export async function create(person, kind, name, handle) {
  const { tab } = person;
  await groups(person);
  await tab.click(testid(`create-${kind}`));
  await tab.fill(testid('group-name'), name);
  await tab.fill(testid('group-handle'), handle);
  await tab.click(testid('submit-group'));
  await tab.click(inGroup(handle, 'group-fingerprint-toggle'));
  return { handle, fingerprint: await tab.text(inGroup(handle, 'group-fingerprint')) };
}

export async function add(manager, group, member, { role = 'clinician', known = false, until } = {}) {
  const { tab } = manager;
  await tab.click(inGroup(group, 'add-member'));
  await tab.fill(testid('member-handle'), member.handle);
  await tab.click(testid('find-member'));
  if (!known) {
    await tab.fill(testid('fingerprint-input'), member.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
  }
  await tab.choose(testid('member-role'), role);
  if (until) await tab.fill(testid('member-until'), until);
  await tab.click(testid('submit-member'));
  await tab.visible(`${inGroup(group, 'member')}[data-handle="${member.handle}"]`);
}

export async function remove(manager, group, handle) {
  const { tab } = manager;
  await tab.click(inMember(group, handle, 'remove-member'));
  const says = await tab.text(testid('remove-member-dialog'));
  await tab.click(testid('confirm-remove-member'));
  return says;
}
