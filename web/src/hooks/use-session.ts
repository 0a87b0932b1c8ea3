import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from '../live/session';

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('There is a session only inside the app.');
  return session;
}
