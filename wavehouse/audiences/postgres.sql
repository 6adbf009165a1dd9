-- Who asks, and what a key is good for. Owned by whoever builds; the login that serves writes nothing.
create schema if not exists wavehouse_access;

create table if not exists wavehouse_access.keys (
    key_hash text primary key,
    key_id text not null,
    audience_id text not null,
    expires_on date,
    is_revoked boolean not null
);

create table if not exists wavehouse_access.audiences (
    audience_id text primary key,
    needs_key boolean not null
);

-- Which waves an audience may deliver; all of a study where there is no wave.
create table if not exists wavehouse_access.deliveries (
    audience_id text not null,
    study_id text not null,
    wave_id text
);

-- What a transaction of a connection was let in as. No two transactions have the same number.
create unlogged table if not exists wavehouse_access.admitted (
    backend_pid integer primary key,
    transaction_id xid8 not null,
    audience_id text not null,
    key_id text
);

create table if not exists wavehouse_access.releases (
    release_id text primary key,
    schema_name text not null,
    published_at timestamptz not null,
    counts boolean not null
);

create or replace function wavehouse_access.authenticate(key text) returns text
language plpgsql security definer set search_path = pg_catalog as $$
declare
    given wavehouse_access.keys%rowtype;
    audience text := 'public';
begin
    delete from wavehouse_access.admitted where backend_pid = pg_backend_pid();
    if key is not null then
        select * into given from wavehouse_access.keys as known
        where known.key_hash = encode(sha256(convert_to(btrim(key, E' \t\r\n'), 'UTF8')), 'hex');
        if not found then
            raise exception 'unknown' using errcode = '28000';
        elsif given.is_revoked then
            raise exception 'revoked' using errcode = '28000';
        elsif given.expires_on < (now() at time zone 'UTC')::date then
            raise exception 'expired' using errcode = '28000';
        end if;
        audience := given.audience_id;
    end if;
    if not exists (
        select 1 from wavehouse_access.audiences as each
        where each.audience_id = audience and (not each.needs_key or key is not null)
    ) then
        raise exception 'nothing is served to %', audience using errcode = '28000';
    end if;
    insert into wavehouse_access.admitted
    values (pg_backend_pid(), pg_current_xact_id(), audience, given.key_id);
    return audience;
end
$$;

-- The id of the key that let this transaction in, for the log.
create or replace function wavehouse_access.admitted_key() returns text
language sql stable security definer set search_path = pg_catalog as $$
    select admitted.key_id from wavehouse_access.admitted as admitted
    where
        admitted.backend_pid = pg_backend_pid()
        and admitted.transaction_id = pg_current_xact_id_if_assigned()
$$;

-- The releases there are; what an audience sees of them is up to their policies.
create or replace function wavehouse_access.served()
returns table (release_id text, schema_name text, published_at timestamptz, counts boolean)
language sql stable security definer set search_path = pg_catalog as $$
    select each.release_id, each.schema_name, each.published_at, each.counts
    from wavehouse_access.releases as each
    order by each.published_at
$$;

-- What the audience of this transaction may deliver.
create or replace function wavehouse_access.deliverable()
returns table (study_id text, wave_id text)
language sql stable security definer set search_path = pg_catalog as $$
    select each.study_id, each.wave_id
    from wavehouse_access.deliveries as each
    inner join wavehouse_access.admitted as admitted
        on each.audience_id = admitted.audience_id
    where
        admitted.backend_pid = pg_backend_pid()
        and admitted.transaction_id = pg_current_xact_id_if_assigned()
    order by each.study_id, each.wave_id
$$;

-- Policies ask this, and nothing else.
create or replace function wavehouse_access.is_audience(audience text) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
    select exists (
        select 1 from wavehouse_access.admitted as admitted
        where
            admitted.backend_pid = pg_backend_pid()
            and admitted.transaction_id = pg_current_xact_id_if_assigned()
            and admitted.audience_id = audience
    )
$$;

revoke all on schema wavehouse_access from public;
revoke all on all tables in schema wavehouse_access from public;
revoke all on all functions in schema wavehouse_access from public;
