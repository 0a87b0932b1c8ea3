import { useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import type { Message } from '../model/conversation';
import { plainOf } from '../model/markdown';
import { text } from '../texts';
import { Dialog } from './dialog';

const REASON_MAX = 500;
const WORDS_MAX = 160;

/** What somebody holds against a message, for those who keep order in the room and nobody else. */
export function ReportDialog({ roomId, message, onClose }: { roomId: string; message: Message; onClose: () => void }) {
  const { hub, toast } = useSession();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const send = async (): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await hub.api.report(roomId, message.id, reason.trim());
      toast.show(text('report.done'));
      onClose();
    } catch (error) {
      setProblem(text('failed', error instanceof Error ? error.message : String(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog title={text('report')} onClose={onClose} testId="report-dialog">
      <form
        class="account-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() && !busy) void send();
        }}
      >
        <p class="quiet small">{text('report.note')}</p>
        <p class="quiet" dir="auto">
          <bdi class="quote-sender">{message.sender.name}</bdi> {plainOf(message.text).slice(0, WORDS_MAX)}
        </p>
        <label>
          {text('report.reason')}
          <textarea data-testid="report-reason" autofocus rows={3} dir="auto" maxLength={REASON_MAX} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <p class="row-of-buttons">
          <button type="submit" class="primary" data-testid="report-send" disabled={!reason.trim() || busy}>
            {text('report.send')}
          </button>
          <button type="button" onClick={onClose}>
            {text('cancel')}
          </button>
        </p>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </Dialog>
  );
}
