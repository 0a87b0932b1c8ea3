import { Component, type ComponentChildren } from 'preact';
import { text } from '../texts';

interface State {
  failed: boolean;
}

/** A row that cannot be drawn is a marker in its place; the room around it goes on. */
export class RowGuard extends Component<{ children: ComponentChildren }, State> {
  override state: State = { failed: false };

  static override getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <p class="notice">{text('message.unreadable')}</p> : this.props.children;
  }
}
