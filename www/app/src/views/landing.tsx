import { lastHandle } from '../device.ts';
import { link } from '../router.ts';
import { PageTitle } from '../ui/fields.tsx';
import { ChartIcon, PrivateIcon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';

export function LandingView() {
  const known = lastHandle() !== '';
  return (
    <Page view="landing" width="text">
      <div class="hero">
        <PageTitle>Two drawers. You hold the keys.</PageTitle>
        <p class="lead">
          Sealed Notes encrypts your notes in this browser before they leave it: psychotherapy notes that nobody but you
          can open, and progress notes that open only for the people you name. The server that stores them, and whoever
          may steal its database, holds bytes that they cannot read.
        </p>
        <p class="actions">
          <a class={known ? 'button' : 'button primary'} href={link('create')} data-testid="landing-create">
            Create account
          </a>
          <a class={known ? 'button primary' : 'button'} href={link('unlock')} data-testid="landing-login">
            Log in
          </a>
          <a href={link('help')} data-testid="landing-help">
            I cannot get in
          </a>
        </p>
      </div>
      <div class="pair">
        <section class="card drawer-card private">
          <h2>
            <PrivateIcon /> Private drawer
          </h2>
          <p class="readable">Readable by: only you</p>
          <p>
            Your psychotherapy notes, kept apart from the chart as 45 CFR 164.501 has it. There is no way to share one:
            no key for it exists but yours.
          </p>
        </section>
        <section class="card drawer-card chart">
          <h2>
            <ChartIcon /> Chart
          </h2>
          <p class="readable">Readable by: you and whom you name</p>
          <p>
            Progress notes, shared person by person after you have compared fingerprints. Revoke, and the receipt says
            what could already have been read.
          </p>
        </section>
      </div>
    </Page>
  );
}
