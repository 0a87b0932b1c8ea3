import type { Role, Room, User } from 'hubbub-client';
import { useEffect, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { outranks, type Members } from '../live/members';
import type { RoomView } from '../live/room-view';
import { ago, fullTime, timeOfDay } from '../model/time';
import { text, type TextKey } from '../texts';
import { Choice } from './choice';
import { Dialog } from './dialog';
import { Face } from './face';

/** For how long somebody can be kept from writing, in seconds. */
const MUTES: readonly (readonly [number, TextKey])[] = [
  [600, 'person.mute.10min'],
  [3_600, 'person.mute.hour'],
  [86_400, 'person.mute.day'],
];

const ROLES: readonly Role[] = ['owner', 'moderator', 'member', 'reader'];

interface Props {
  user: User;
  room: Room | undefined;
  view: RoomView;
  members: Members;
  onClose: () => void;
}

/** Who somebody is, whether one wants to see what they say, and, for who keeps order here, what they may do. */
export function PersonCard({ user, room, view, members, onClose }: Props) {
  const { hub, me, people, rooms, toast } = useSession();
  useChanges(people.changes);
  useChanges(members.changes);
  useChanges(view.changes);
  const [problem, setProblem] = useState('');
  const [asks, setAsks] = useState<'kick' | 'ban'>();
  const [busy, setBusy] = useState(false);
  const { membersChanged } = view.standing;
  useEffect(() => void members.load(), [members, membersChanged]);
  useEffect(() => people.refresh(user.id), [people, user.id]);

  const profile = people.of(user.id);
  const member = members.of(user.id);
  const isMe = user.id === me?.id;
  const isHere = view.presence?.users.some((other) => other.id === user.id) === true;
  const isBlocked = people.isBlocked(user.id);
  const mutedUntil = view.standing.mutedUntil(user.id, Date.now());
  const mayAct = !isMe && room !== undefined && members.loaded && outranks(room.role, member?.role) && room.archived !== true && room.direct !== true;
  const mayChangeRole = mayAct && room?.role === 'owner' && member !== undefined;

  /** Problems are told in the card, which lies over everything else. */
  const attempt = async (act: () => Promise<unknown>, done?: string): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await act();
      if (done !== undefined) {
        toast.show(done);
        onClose();
        return;
      }
      setAsks(undefined);
    } catch (error) {
      setProblem(text('failed', error instanceof Error ? error.message : String(error)));
    }
    setBusy(false);
  };
  const talk = (): Promise<void> =>
    attempt(async () => {
      const direct = await hub.api.openDirect([user.id]);
      rooms.add(direct);
      onClose();
      navigate({ page: 'room', roomId: direct.id });
    });
  const sendAway = (how: 'kick' | 'ban'): Promise<void> =>
    attempt(() => (how === 'kick' ? hub.api.kick(view.id, user.id) : hub.api.removeMember(view.id, user.id)), text(how === 'kick' ? 'person.kick.done' : 'person.ban.done', user.name));

  return (
    <Dialog title={profile?.name ?? user.name} onClose={onClose} testId="person-card">
      <div class="person-head">
        <Face user={user} />
        <div>
          <p>
            {isMe && <span>{text('you')} · </span>}
            {text(profile?.account ? 'person.account' : 'person.guest')}
            {member && <> · {text(`role.${member.role}`)}</>}
          </p>
          <p class="quiet small" data-testid="person-seen">
            {isHere || isMe ? text('person.here') : profile?.present ? text('person.online') : profile ? text('person.seen', ago(Date.parse(profile.lastSeen), Date.now())) : text('person.unknown')}
          </p>
          {mutedUntil !== undefined && (
            <p class="quiet small" title={fullTime(mutedUntil)}>
              {text('person.muted', timeOfDay(mutedUntil))}
            </p>
          )}
        </div>
      </div>
      {!isMe && (
        <section class="setting">
          {isBlocked && <p class="quiet small">{text('person.block.note')}</p>}
          <p class="row-of-buttons">
            {!isBlocked && (
              <button type="button" class="primary" data-testid="message-person" disabled={busy} onClick={() => void talk()}>
                {text('person.message')}
              </button>
            )}
            <button type="button" data-testid={isBlocked ? 'unblock' : 'block'} disabled={busy} onClick={() => void attempt(() => people.block(user.id, !isBlocked))}>
            {text(isBlocked ? 'person.unblock' : 'person.block')}
            </button>
          </p>
        </section>
      )}
      {mayChangeRole && (
        <Choice
          label={text('person.role')}
          name="role"
          value={member.role}
          options={ROLES.map((role) => [role, text(`role.${role}`)])}
          onChoose={(role: Role) => void attempt(() => hub.api.setRole(view.id, user.id, role))}
        />
      )}
      {mayAct && (
        <section class="setting" data-testid="keep-order">
          <h3>{text('person.mute')}</h3>
          <p class="row-of-buttons">
            {MUTES.map(([seconds, label]) => (
              <button key={seconds} type="button" data-testid={`mute-${seconds}`} disabled={busy} onClick={() => void attempt(() => hub.api.mute(view.id, user.id, seconds))}>
                {text(label)}
              </button>
            ))}
            {mutedUntil !== undefined && (
              <button type="button" data-testid="unmute" disabled={busy} onClick={() => void attempt(() => hub.api.unmute(view.id, user.id))}>
                {text('person.unmute')}
              </button>
            )}
          </p>
          {asks ? (
            <div role="group" aria-label={text(`person.${asks}`)} class="setting">
              <p class="small">{text(asks === 'kick' ? 'person.kick.note' : 'person.ban.note')}</p>
              <p class="row-of-buttons">
                <button type="button" class="danger" data-testid={`${asks}-confirm`} disabled={busy} onClick={() => void sendAway(asks)}>
                  {text(`person.${asks}`)}
                </button>
                <button type="button" onClick={() => setAsks(undefined)}>
                  {text('cancel')}
                </button>
              </p>
            </div>
          ) : (
            <p class="row-of-buttons">
              {member && (
                <button type="button" class="danger" data-testid="kick" onClick={() => setAsks('kick')}>
                  {text('person.kick')}
                </button>
              )}
              <button type="button" class="danger" data-testid="ban" onClick={() => setAsks('ban')}>
                {text('person.ban')}
              </button>
            </p>
          )}
        </section>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  );
}
