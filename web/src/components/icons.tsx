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
  <Icon>
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
export const SendIcon = () => (
  <Icon>
    <path d="M4 12l16-8-5 16-3.5-6.5z" />
  </Icon>
);
export const DownIcon = () => (
  <Icon class="icon-small">
    <path d="M12 5v14M6 13l6 6 6-6" />
  </Icon>
);

export const Logo = () => <img class="logo" src="/icon.svg" alt="" width="48" height="48" />;
