import type { ComponentChildren } from 'preact';

/** Line drawings on a grid of 24; they take the colour of the text around them and are silent to screen readers. */
function Icon({ children, class: extra = '' }: { children: ComponentChildren; class?: string }) {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const BackIcon = () => (
  <Icon class="icon-turns">
    <path d="M15 5l-7 7 7 7" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1-1" />
  </Icon>
);
export const InviteIcon = () => (
  <Icon>
    <circle cx="10" cy="8" r="3.5" />
    <path d="M3.5 19.5a6.5 6.5 0 0 1 13 0M19 8v6M16 11h6" />
  </Icon>
);
export const LockIcon = () => (
  <Icon class="icon-small">
    <rect x="5" y="11" width="14" height="9" rx="2" />
    <path d="M8 11V8a4 4 0 0 1 8 0v3" />
  </Icon>
);
export const HashIcon = () => (
  <Icon class="icon-small">
    <path d="M10 4L8 20M16 4l-2 16M4.5 9h16M3.5 15h16" />
  </Icon>
);
export const ClockIcon = () => (
  <Icon class="icon-small">
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7v5l3 2" />
  </Icon>
);
export const EditIcon = () => (
  <Icon>
    <path d="M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19z" />
  </Icon>
);
export const DeleteIcon = () => (
  <Icon>
    <path d="M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13" />
  </Icon>
);
export const FileIcon = () => (
  <Icon>
    <path d="M6 3.5h8l4 4v13H6zM14 3.5v4h4" />
  </Icon>
);
export const AttachIcon = () => (
  <Icon>
    <path d="M19 11.5l-7.2 7.2a4.5 4.5 0 0 1-6.4-6.4l7.8-7.8a3 3 0 0 1 4.3 4.3l-7.8 7.7a1.5 1.5 0 0 1-2.1-2.1l6.9-6.9" />
  </Icon>
);
export const SendIcon = () => (
  <Icon class="icon-turns">
    <path d="M4 12l16-8-5 16-3.5-6.5z" />
  </Icon>
);
export const DownIcon = () => (
  <Icon class="icon-small">
    <path d="M12 5v14M6 13l6 6 6-6" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="M6 6l12 12M18 6L6 18" />
  </Icon>
);
export const SettingsIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="3" />
    <path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1" />
  </Icon>
);
export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8.5" r="3.2" />
    <path d="M3 19a6 6 0 0 1 12 0M15.5 5.6a3.2 3.2 0 0 1 0 5.8M17.5 14a6 6 0 0 1 3.5 5" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6.5" />
    <path d="M16 16l4.5 4.5" />
  </Icon>
);
export const EmojiIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M8.5 14.5a4.2 4.2 0 0 0 7 0M9 9.5h.01M15 9.5h.01" />
  </Icon>
);
export const ReplyIcon = () => (
  <Icon class="icon-turns">
    <path d="M10 5L4 11l6 6M4.5 11H14a6 6 0 0 1 6 6v1" />
  </Icon>
);
export const ThreadIcon = () => (
  <Icon>
    <path d="M4 5h16v11H10l-5 4v-4H4z" />
  </Icon>
);
export const FlagIcon = () => (
  <Icon>
    <path d="M6 21V4M6 5h12l-3 4 3 4H6" />
  </Icon>
);
export const PinIcon = () => (
  <Icon>
    <path d="M9 4h6l-1 6 3 3H7l3-3zM12 13v7" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="M6 12h.01M12 12h.01M18 12h.01" />
  </Icon>
);
export const UpIcon = () => (
  <Icon class="icon-small">
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Icon>
);

export const Logo = () => <img class="logo" src="/icon.svg" alt="" width="48" height="48" />;
