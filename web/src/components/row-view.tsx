import type { User } from 'hubbub-client';
import type { RoomView } from '../live/room-view';
import type { Row } from '../model/rows';
import { dayName, fullTime } from '../model/time';
import { said, text } from '../texts';
import { MessageRow, type MessageAsks } from './message-row';
import { PendingRow } from './pending-row';
import { Said } from './said';
import { SkipLine } from './skip-line';

interface Props {
  row: Row;
  view: RoomView;
  me: User | undefined;
  asks: MessageAsks;
  editing: number | undefined;
  /** The message that one has just been led to. */
  lit: number | undefined;
}

export function RowView({ row, view, me, asks, editing, lit }: Props) {
  switch (row.kind) {
    case 'day':
      return (
        <p class="day" role="separator">
          {dayName(row.at, Date.now())}
        </p>
      );
    case 'new':
      return (
        <p class="day new-line" role="separator" data-testid="new-line">
          {text('messages.new')}
        </p>
      );
    case 'notice':
      return (
        <p class="notice" title={fullTime(row.notice.at)} data-sequence={row.notice.sequence}>
          <Said phrase={said(row.notice.saying, ...row.notice.words)} />
        </p>
      );
    case 'skip':
      return <SkipLine skip={row.skip} view={view} />;
    case 'pending':
      return <PendingRow row={row} view={view} me={me} />;
    case 'message':
      return (
        <MessageRow
          row={row}
          view={view}
          asks={asks}
          isBeingEdited={editing === row.message.sequence}
          isLit={lit === row.message.sequence}
        />
      );
  }
}
