/** The event that a replay brought once more: what it brings is kept apart from what came in by itself. */
export const sql = `
alter table signalbox.events add column replay_of text;
create index events_replay_of on signalbox.events (replay_of, received_at) where replay_of is not null;
`;
