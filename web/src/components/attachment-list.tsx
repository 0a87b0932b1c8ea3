import type { Attachments } from '../live/attachments';
import { sizeOf } from '../model/file-size';
import { text } from '../texts';
import { CloseIcon, FileIcon } from './icons';

/** What goes with the message that is being written: how far each file is, and what went wrong. */
export function AttachmentList({ attachments }: { attachments: Attachments }) {
  const { items, lost } = attachments;
  return (
    <>
      {lost.length > 0 && (
        <p class="problem composer-note" role="status" data-testid="files-lost">
          <span>{text('file.lost', lost.join(', '))}</span>
          <button type="button" class="bare" aria-label={text('close')} onClick={() => attachments.forgetLost()}>
            <CloseIcon />
          </button>
        </p>
      )}
      {items.length > 0 && (
        <ul class="attachments" aria-label={text('file.attached')}>
          {items.map((item) => (
            <li key={item.key} class={item.state === 'failed' ? 'attachment failed' : 'attachment'} data-testid="attachment" data-state={item.state}>
              <FileIcon />
              <span class="file-name">
                <bdi>{item.name}</bdi>
                {item.state === 'failed' ? (
                  <span class="problem small" role="alert">
                    {text('file.notUploaded', item.problem ?? '')}
                  </span>
                ) : item.state === 'uploading' ? (
                  <progress aria-label={text('file.uploading', item.name)} value={item.progress} max={1} />
                ) : (
                  <span class="quiet small">{sizeOf(item.size)}</span>
                )}
              </span>
              {item.state === 'failed' && (
                <button type="button" onClick={() => attachments.retry(item.key)}>
                  {text('pending.retry')}
                </button>
              )}
              <button type="button" class="bare" data-testid="attachment-remove" aria-label={text(item.state === 'uploading' ? 'file.cancel' : 'file.remove', item.name)} onClick={() => attachments.remove(item.key)}>
                <CloseIcon />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
