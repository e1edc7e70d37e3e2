import { type About, link, type Section } from '../router.ts';
import type { Session } from '../state.ts';
import { PageTitle } from '../ui/fields.tsx';
import { Page } from '../ui/page.tsx';
import { ActivitySection } from './account/activity.tsx';
import { AuditSection } from './account/audit.tsx';
import { DevicesSection } from './account/devices.tsx';
import { GroupsSection } from './account/groups.tsx';
import { OthersSection } from './account/others.tsx';
import { ProfileSection } from './account/profile.tsx';
import { TrusteesSection } from './account/trustees.tsx';
import { WaysSection } from './account/ways.tsx';
import { WillSection } from './account/will.tsx';

interface SectionProps {
  session: Session;
  about: About | undefined;
}

const SECTIONS: Record<Section, { name: string; View: (props: SectionProps) => preact.JSX.Element }> = {
  profile: { name: 'Profile', View: ProfileSection },
  ways: { name: 'Ways to unlock', View: WaysSection },
  devices: { name: 'Devices', View: DevicesSection },
  trustees: { name: 'Trustees', View: TrusteesSection },
  will: { name: 'Professional will', View: WillSection },
  others: { name: 'For others', View: OthersSection },
  groups: { name: 'Practice and teams', View: GroupsSection },
  activity: { name: 'Activity', View: ActivitySection },
  audit: { name: 'Audit', View: AuditSection },
};

export function AccountView({ session, section, about }: SectionProps & { section: Section }) {
  const { View } = SECTIONS[section];
  return (
    <Page view="account">
      <PageTitle>Account</PageTitle>
      <nav class="subnav" aria-label="Account">
        {Object.entries(SECTIONS).map(([id, { name }]) => (
          <a
            key={id}
            href={id === 'profile' ? link('account') : link('account', id)}
            data-testid={`account-${id}`}
            aria-current={id === section ? 'page' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      <View key={`${section} ${about?.id ?? ''}`} session={session} about={about} />
    </Page>
  );
}
