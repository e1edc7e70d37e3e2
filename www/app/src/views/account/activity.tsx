import { listEvents, tell } from '../../events.ts';
import { useLoad } from '../../hooks.ts';
import { showMoment } from '../../model.ts';
import { link } from '../../router.ts';
import type { Session } from '../../state.ts';
import { FormError, Loading } from '../../ui/fields.tsx';

const WHERE = { ways: 'Ways to unlock', devices: 'Devices', trustees: 'Trustees', will: 'Professional will' } as const;

export function ActivitySection({ session }: { session: Session }) {
  const { vault } = session;
  const events = useLoad(listEvents, [vault]);
  const names = { account: vault.account, devices: new Map(vault.devices().map(({ device, name }) => [device, name])) };
  return (
    <section class="stack" aria-labelledby="activity-heading">
      <div class="list-head">
        <h2 id="activity-heading">What happened to your account</h2>
        <button type="button" data-testid="reload-activity" disabled={events.loading} onClick={events.reload}>
          {events.loading ? 'Loading…' : 'Refresh'}
        </button>
      </div>
      <p class="aside">
        The newest 200 entries, as the server keeps them. It does not know what you read or wrote. Something here was
        not you? Follow the link beside it.
      </p>
      <FormError text={events.error} />
      {!events.value && events.loading && <Loading />}
      {events.value?.length === 0 && (
        <div class="empty" data-testid="activity-empty">
          <h3>Nothing yet</h3>
          <p>Logins of new devices, changed keys, trustees and claims are listed here as they happen.</p>
        </div>
      )}
      {events.value && events.value.length > 0 && (
        <ol class="list activity" data-testid="activity-list">
          {events.value.map((event, at) => {
            const { text, alarming, section } = tell(event, names);
            return (
              <li
                key={`${event.at} ${at}`}
                class={alarming ? 'event alarming' : 'event'}
                data-testid="activity-item"
                data-kind={event.kind}
              >
                <time dateTime={event.at} class="muted">
                  {showMoment(new Date(event.at))}
                </time>
                <p>
                  {alarming ? <strong>{text}</strong> : text}
                  {event.actor === vault.account && <span class="muted"> By you.</span>}
                </p>
                <p class="event-link">
                  {section && (
                    <a href={link('account', section)} aria-label={`${WHERE[section]}: ${text}`}>
                      {WHERE[section]}
                    </a>
                  )}
                </p>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
