/**
 * Texts that hold JSON (`body`, `taken`, `failed`, `more`) are `text`: `jsonb` refuses U+0000, which an event may hold,
 * and nothing searches inside them. `entries_event_ids` is without GIN's pending list: a look-up would read all of it.
 */
export const sql = `
create table signalbox.events (
  event_id text primary key,
  received_at bigint not null,
  deliveries integer not null,
  via text not null,
  source text,
  id text,
  type text,
  subject text,
  time bigint,
  traceparent text,
  triggers text[] not null,
  taken text not null,
  failed text not null,
  pruned boolean not null,
  body text not null
);
create index events_received on signalbox.events (received_at, event_id);

create table signalbox.entries (
  instance text not null,
  seq bigint not null,
  at bigint not null,
  trigger text not null,
  kind text not null,
  key text,
  stage text,
  reason text,
  run_id text,
  detail text,
  event_count integer,
  event_ids text[],
  more text not null,
  primary key (instance, seq)
);
create index entries_trigger_at on signalbox.entries (trigger, at);
create index entries_run on signalbox.entries (run_id) where run_id is not null;
create index entries_event_ids on signalbox.entries using gin (event_ids) with (fastupdate = off);

create table signalbox.runs (
  run_id text primary key,
  instance text not null,
  trigger text not null,
  key text not null,
  decided_at bigint not null,
  decided_seq bigint,
  cause text,
  target text,
  generation text,
  received_at bigint,
  event_count integer,
  started_at bigint,
  refused_at bigint,
  approved_at bigint,
  ended_at bigint,
  ended text,
  status text not null generated always as (
    coalesce(ended, case when started_at is not null then 'running' when refused_at is not null then 'conflict' else 'decided' end)
  ) stored
);
create index runs_decided on signalbox.runs (decided_at, run_id);
create index runs_trigger_decided on signalbox.runs (trigger, decided_at, run_id);
create index runs_instance_seq on signalbox.runs (instance, decided_seq);

create table signalbox.actions (
  id text primary key,
  at bigint not null,
  trigger text,
  record text not null
);
create index actions_at on signalbox.actions (at, id);

create table signalbox.instances (
  instance text primary key,
  trigger text not null,
  covered int8multirange not null,
  lost int8multirange not null default '{}'
);
`;
