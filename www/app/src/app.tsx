import { useEffect, useState } from 'preact/hooks';
import { useSubscription } from './hooks.ts';
import { notePrint } from './prints.ts';
import { link, mayTurn, parseRoute, type Route, replace } from './router.ts';
import { currentSession, lock, needsKit, onSessionChange, type Session, whyOutdated } from './state.ts';
import { LockIcon } from './ui/icons.tsx';
import { IdleGuard } from './ui/idle.tsx';
import { keepFocus } from './ui/keep-focus.ts';
import { KeyLogBanner } from './ui/key-log-banner.tsx';
import { LedgerBanner } from './ui/ledger-banner.tsx';
import { OutdatedBanner } from './ui/outdated.tsx';
import { ThemeToggle } from './ui/theme.tsx';
import { AccountView } from './views/account.tsx';
import { ApproveView } from './views/approve.tsx';
import { ClientView } from './views/client.tsx';
import { ClientsView } from './views/clients.tsx';
import { CreateView } from './views/create.tsx';
import { DevelopersView } from './views/developers.tsx';
import { ExecutorView } from './views/executor.tsx';
import { HelpView } from './views/help.tsx';
import { LandingView } from './views/landing.tsx';
import { RenewView } from './views/renew.tsx';
import { SessionView } from './views/session.tsx';
import { SharedRecordView, SharedView } from './views/shared.tsx';
import { UnlockView } from './views/unlock.tsx';
import { VerifyView } from './views/verify.tsx';

const TITLES: Record<Route['view'], string> = {
  home: 'Sealed Notes',
  create: 'Create account · Sealed Notes',
  unlock: 'Unlock · Sealed Notes',
  help: 'I cannot get in · Sealed Notes',
  approve: 'A request · Sealed Notes',
  verify: 'A fingerprint · Sealed Notes',
  executor: 'Professional will · Sealed Notes',
  clients: 'Clients · Sealed Notes',
  client: 'Client · Sealed Notes',
  session: 'Session · Sealed Notes',
  shared: 'Shared with me · Sealed Notes',
  'shared-record': 'Shared record · Sealed Notes',
  account: 'Account · Sealed Notes',
  developers: 'For developers · Sealed Notes',
};

const lockNow = (): void => {
  lock().catch(() => undefined);
};

export function App() {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useSubscription(onSessionChange);
  const session = currentSession();
  const outdated = whyOutdated();

  useEffect(() => {
    const onHash = (): void => {
      if (mayTurn()) setRoute(parseRoute(location.hash));
    };
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === 'l' && currentSession()) {
        event.preventDefault();
        lockNow();
      }
    };
    // A page that the Back button brings back from memory was left: as after a reload, its vault is locked.
    const onBack = (event: PageTransitionEvent): void => {
      if (event.persisted) lockNow();
    };
    addEventListener('pageshow', onBack);
    addEventListener('hashchange', onHash);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('pageshow', onBack);
      removeEventListener('hashchange', onHash);
      removeEventListener('keydown', onKey);
    };
  }, []);

  useEffect(keepFocus, []);

  useEffect(() => {
    document.documentElement.dataset.state = session ? 'unlocked' : 'out';
    if (session && ['home', 'create', 'unlock', 'help'].includes(route.view)) replace('clients');
  }, [session, route]);

  useEffect(() => {
    document.title = TITLES[route.view];
    scrollTo(0, 0);
  }, [route]);

  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector('main')?.focus()}>
        Skip to content
      </button>
      <Header session={session} view={route.view} />
      {outdated && <OutdatedBanner why={outdated} />}
      {session && !outdated && <KeyLogBanner session={session} />}
      {session && !outdated && !needsKit(session) && <LedgerBanner session={session} />}
      {session ? <Unlocked route={route} session={session} /> : <View route={route} session={undefined} />}
      {session && <IdleGuard session={session} />}
    </>
  );
}

function Header({ session, view }: { session: Session | undefined; view: Route['view'] }) {
  const item = (to: string, name: string, views: Route['view'][]) => (
    <a href={link(to)} data-testid={`nav-${to}`} aria-current={views.includes(view) ? 'page' : undefined}>
      {name}
    </a>
  );
  const atHome = session && !needsKit(session);
  return (
    <header class="top">
      <a class="brand" href={session ? link('clients') : link('')}>
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span>Sealed Notes</span>
      </a>
      <nav aria-label="Main">
        {atHome && item('clients', 'Clients', ['clients', 'client', 'session'])}
        {atHome && item('shared', 'Shared with me', ['shared', 'shared-record'])}
        {atHome && item('account', 'Account', ['account', 'approve', 'verify', 'executor'])}
        {item('developers', 'For developers', ['developers'])}
      </nav>
      <div class="top-end">
        {session && (
          <span class="whoami" data-testid="whoami">
            {session.handle}
          </span>
        )}
        <ThemeToggle />
        {session && (
          <button type="button" class="lock" data-testid="lock" title="Ctrl+Shift+L or ⌘⇧L" onClick={lockNow}>
            <LockIcon />
            <span>Lock</span>
          </button>
        )}
      </div>
    </header>
  );
}

/** Read anew when its owner has decided what the ledger is to say. */
function Unlocked({ route, session }: { route: Route; session: Session }) {
  useSubscription(session.findings.subscribe);
  useEffect(() => {
    const onPrint = (): void => {
      notePrint(session, route).catch(() => undefined);
    };
    addEventListener('beforeprint', onPrint);
    return () => removeEventListener('beforeprint', onPrint);
  }, [session, route]);
  return <View key={session.findings.decided} route={route} session={session} />;
}

function View({ route, session }: { route: Route; session: Session | undefined }) {
  if (route.view === 'developers') return <DevelopersView />;
  if (!session && route.view === 'help') return <HelpView />;
  if (!session && route.view === 'create') return <CreateView />;
  if (session && needsKit(session)) return <RenewView session={session} />;
  if (!session)
    return route.view === 'home' ? (
      <LandingView />
    ) : (
      <UnlockView toVerify={route.view === 'verify' ? route.handle : undefined} />
    );
  switch (route.view) {
    case 'client':
      return <ClientView key={route.client} session={session} client={route.client} />;
    case 'session':
      return (
        <SessionView
          key={`${route.client}/${route.session}`}
          session={session}
          client={route.client}
          id={route.session}
        />
      );
    case 'shared':
      return <SharedView session={session} />;
    case 'shared-record':
      return <SharedRecordView key={route.record} session={session} record={route.record} />;
    case 'account':
      return <AccountView session={session} section={route.section} about={route.about} />;
    case 'approve':
      return <ApproveView session={session} code={route.code} />;
    case 'verify':
      return <VerifyView key={location.hash} session={session} {...route} />;
    case 'executor':
      return <ExecutorView key={route.account} session={session} account={route.account} />;
    default:
      return <ClientsView session={session} />;
  }
}
