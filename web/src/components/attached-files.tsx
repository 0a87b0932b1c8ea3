import type { AttachedFile } from 'hubbub-client';
import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import { sizeOf } from '../model/file-size';
import { text } from '../texts';
import { Dialog } from './dialog';
import { FileIcon } from './icons';

/** A picture that has no thumbnail and more bytes is shown as a file, until somebody asks for it. */
const SHOWN_BYTES_MAX = 5_000_000;

/** In CSS pixels, the most that a picture takes of a message. */
const WIDTH_MAX = 320;
const HEIGHT_MAX = 280;

/** What a message brings: pictures in the place that they will take, and cards of other files. */
export function AttachedFiles({ roomId, files }: { roomId: string; files: readonly AttachedFile[] }) {
  return (
    <ul class="files">
      {files.map((file) => (
        <li key={file.id}>
          {file.width && file.height && (file.thumbnail !== undefined || file.size <= SHOWN_BYTES_MAX) ? (
            <Picture roomId={roomId} file={file} width={file.width} height={file.height} />
          ) : (
            <FileCard roomId={roomId} file={file} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Picture({ roomId, file, width, height }: { roomId: string; file: AttachedFile; width: number; height: number }) {
  const [isOpen, setOpen] = useState(false);
  const url = usePicture(roomId, file.thumbnail ?? file.id);
  const scale = Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height);
  return (
    <>
      <button
        type="button"
        class="picture"
        data-testid="picture"
        aria-label={text('file.open', file.name)}
        style={{ width: `${Math.max(48, Math.round(width * scale))}px`, aspectRatio: `${width} / ${height}` }}
        onClick={() => setOpen(true)}
      >
        {url === null ? <span class="quiet small">{text('file.failed')}</span> : url && <img src={url} alt="" width={width} height={height} />}
      </button>
      {isOpen && <FullPicture roomId={roomId} file={file} onClose={() => setOpen(false)} />}
    </>
  );
}

function FullPicture({ roomId, file, onClose }: { roomId: string; file: AttachedFile; onClose: () => void }) {
  const url = usePicture(roomId, file.id);
  return (
    <Dialog title={file.name} onClose={onClose} testId="picture-dialog">
      <div class="full-picture">
        {url === null ? (
          <p class="problem">{text('file.failed')}</p>
        ) : (
          url && <img src={url} alt={file.name} width={file.width} height={file.height} />
        )}
      </div>
      <FileCard roomId={roomId} file={file} />
    </Dialog>
  );
}

/** The file's name and size; it is saved at a click. */
function FileCard({ roomId, file }: { roomId: string; file: AttachedFile }) {
  const { hub, toast } = useSession();
  const [isLoading, setLoading] = useState(false);
  const save = async (): Promise<void> => {
    setLoading(true);
    try {
      const url = URL.createObjectURL(new Blob([await hub.api.downloadFile(roomId, file.id)], { type: 'application/octet-stream' }));
      const link = document.createElement('a');
      link.href = url;
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      toast.show(text('failed', error instanceof Error ? error.message : String(error)));
    } finally {
      setLoading(false);
    }
  };
  return (
    <button type="button" class="file-card" data-testid="file-card" title={text('file.save')} aria-busy={isLoading} onClick={() => void save()}>
      <FileIcon />
      <span class="hidden">{text('file.save')}: </span>
      <span class="file-name">
        <bdi>{file.name}</bdi>{' '}
        <span class="small">{sizeOf(file.size)}</span>
      </span>
    </button>
  );
}

/** The picture's address on this page: undefined while it comes, null if it does not. */
function usePicture(roomId: string, fileId: string): string | null | undefined {
  const { pictures } = useSession();
  const [url, setUrl] = useState<string | null>();
  useEffect(() => {
    let isCurrent = true;
    pictures.take(roomId, fileId).then(
      (address) => isCurrent && setUrl(address),
      () => isCurrent && setUrl(null),
    );
    return () => {
      isCurrent = false;
      pictures.release(roomId, fileId);
    };
  }, [pictures, roomId, fileId]);
  return url;
}
