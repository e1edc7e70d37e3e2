import type { ComponentChildren } from 'preact';

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg
    class="icon"
    viewBox="0 0 24 24"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.7"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    {children}
  </svg>
);

/** A closed drawer with a keyhole. */
export const PrivateIcon = () => (
  <Icon>
    <rect x="3" y="5" width="18" height="14" rx="2.5" />
    <circle cx="12" cy="10.7" r="1.7" />
    <path d="M12 12.4v3.1" />
  </Icon>
);

/** A folder that others can be handed. */
export const ChartIcon = () => (
  <Icon>
    <path d="M3 7.5A2.5 2.5 0 0 1 5.5 5h3.3l2 2.3H18.5A2.5 2.5 0 0 1 21 9.8v6.7A2.5 2.5 0 0 1 18.5 19h-13A2.5 2.5 0 0 1 3 16.5z" />
    <path d="M7.5 12h9M7.5 15.2h6" />
  </Icon>
);

export const LockIcon = () => (
  <Icon>
    <rect x="5" y="11" width="14" height="9" rx="2" />
    <path d="M8 11V8a4 4 0 0 1 8 0v3" />
  </Icon>
);

export const ThemeIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" />
  </Icon>
);

export const EyeIcon = () => (
  <Icon>
    <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
    <circle cx="12" cy="12" r="2.8" />
  </Icon>
);

export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8.5" r="3.2" />
    <path d="M3 19c.6-3.4 3-5 6-5s5.4 1.6 6 5M16 5.7a3.2 3.2 0 0 1 0 5.6M17.5 14.4c2 .7 3.2 2.3 3.5 4.6" />
  </Icon>
);

export const ServerIcon = () => (
  <Icon>
    <rect x="4" y="4" width="16" height="7" rx="1.8" />
    <rect x="4" y="13" width="16" height="7" rx="1.8" />
    <path d="M7.5 7.5h.01M7.5 16.5h.01M11 7.5h5.5M11 16.5h5.5" />
  </Icon>
);

export const BackIcon = () => (
  <Icon>
    <path d="M14.5 5.5 8 12l6.5 6.5" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

/** What is not as it should be. */
export const WarnIcon = () => (
  <Icon>
    <path d="M12 4.2 21 19.5H3z" />
    <path d="M12 10v4.6M12 17.1h.01" />
  </Icon>
);

/** Keys that are not those of before. */
export const KeyIcon = () => (
  <Icon>
    <circle cx="8" cy="15.5" r="3.6" />
    <path d="m10.7 12.8 8-8M15.5 8l3 3M13 10.5l1.8 1.8" />
  </Icon>
);

/** Pages of a bound book. */
export const LedgerIcon = () => (
  <Icon>
    <path d="M5 4.5h12.5A1.5 1.5 0 0 1 19 6v13.5H6.5A1.5 1.5 0 0 1 5 18z" />
    <path d="M9 4.5v15M12 9h4M12 12.5h4" />
  </Icon>
);

export const DeviceIcon = () => (
  <Icon>
    <rect x="4" y="5" width="16" height="11" rx="1.8" />
    <path d="M2.5 19.5h19" />
  </Icon>
);

export const ShareIcon = () => (
  <Icon>
    <path d="M12 14V4M8 7.5 12 3.5l4 4M5.5 12v7h13v-7" />
  </Icon>
);

export const PenIcon = () => (
  <Icon>
    <path d="m5 19 1-4L16.5 4.5l3 3L9 18z" />
  </Icon>
);

export const CrossIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8" />
    <path d="m9 9 6 6M15 9l-6 6" />
  </Icon>
);

export const PaperIcon = () => (
  <Icon>
    <path d="M7 9V3.5h10V9M7 17H4.5V9h15v8H17" />
    <path d="M7 13.5h10v7H7z" />
  </Icon>
);

export const ListIcon = () => (
  <Icon>
    <path d="M8.5 6.5h11M8.5 12h11M8.5 17.5h11M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01" />
  </Icon>
);
