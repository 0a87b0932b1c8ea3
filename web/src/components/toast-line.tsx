import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';

export function ToastLine() {
  const { toast } = useSession();
  useChanges(toast.changes);
  return (
    <div class="toast-line" role="status">
      {toast.text && <span class="toast">{toast.text}</span>}
    </div>
  );
}
