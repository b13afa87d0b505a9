// Every role x type x interaction against three people with a canary in every type: nothing foreign leaves, every absent cell is refused.
// The matrix comes from the table of permits, and a test of the table holds it to the list of R4 types.
import type { ResourceType } from '@medplum/fhirtypes';
import { openTypes, recordTypes } from '../../../src/auth/permit-table.ts';
import { type Interaction, may } from '../../../src/auth/permits.ts';
import { FhirError } from '../../../src/fhir/error.ts';
import type { Store } from '../../../src/store/store.ts';
import {
  type ActorName,
  actors,
  allTypes,
  buildWorld,
  canaryOf,
  compartment,
  idOf,
  patientParameters,
  people,
  personalTypes,
  queryFor,
  reach,
  resourceOf,
  type World,
} from './access-world.ts';

const verbs = {
  read: 'read',
  history: 'see the history of',
  search: 'search',
  create: 'create',
  update: 'update',
  delete: 'delete',
};
const names = Object.keys(actors) as ActorName[];
const isOpen = (type: string) => (openTypes as readonly string[]).includes(type);

let world: World;
beforeAll(async () => {
  world = await buildWorld();
});
afterAll(() => world.sqlite.close());

/** What the table says the actor may see, worked out without the code under test. */
function expectedCanaries(name: ActorName): ReadonlySet<string> {
  const canSee = (type: ResourceType): boolean => {
    switch (name) {
      case 'system':
        return true;
      case 'integrator':
        return type === 'Observation';
      default:
        return isOpen(type) || (recordTypes[type]?.[name]?.includes('r') ?? false);
    }
  };
  const open = openTypes.filter(canSee).map((type) => canaryOf(type, 'open'));
  const personal = personalTypes
    .filter(canSee)
    .flatMap((type) => reach[name].map((person) => canaryOf(type, person)));
  return new Set([...open, ...personal]);
}

const canaries = (text: string): readonly string[] =>
  text.match(/canary-[A-Za-z]+-(?:a|b|c|open)-end/g) ?? [];

async function refusalOf(work: () => Promise<unknown>): Promise<FhirError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
}

/** Everything that comes back when the actor asks for everything in every way. */
async function harvest(
  store: Store,
): Promise<{ readonly seen: ReadonlySet<string>; readonly totals: ReadonlyMap<string, number> }> {
  const seen = new Set<string>();
  const totals = new Map<string, number>();
  const keep = (json: string | undefined) => {
    for (const canary of canaries(json ?? '')) seen.add(canary);
  };
  const attempt = async (work: () => Promise<void>) => {
    const refusal = await refusalOf(work);
    if (refusal) keep(JSON.stringify(refusal.issues));
  };
  for (const type of allTypes) {
    const ids = isOpen(type) ? [idOf(type, 'open')] : people.map((person) => idOf(type, person));
    for (const id of ids) {
      await attempt(async () => {
        const result = await store.read(type, id);
        if (result.kind === 'found') keep(result.version.json);
      });
      await attempt(async () => {
        const result = await store.readVersion(type, id, '1');
        if (result.kind === 'found') keep(result.version.json);
      });
      await attempt(async () => {
        const page = await store.history(type, id, { count: 50 });
        for (const { json } of page.entries) keep(json);
      });
    }
    await attempt(async () => {
      const page = await store.search(queryFor(type));
      for (const { json } of page.matches) keep(json);
      totals.set(type, page.total ?? -1);
    });
  }
  for (const rule of patientParameters) {
    await attempt(async () => {
      const page = await store.search(queryFor(rule.sourceType, { include: [rule] }));
      for (const { json } of [...page.matches, ...page.included]) keep(json);
    });
    await attempt(async () => {
      const page = await store.search(queryFor('Patient', { revinclude: [rule] }));
      for (const { json } of [...page.matches, ...page.included]) keep(json);
    });
  }
  return { seen, totals };
}

describe.each(names)('%s', (name) => {
  it('sees what the table gives for the people in reach, by every way of reading, and not one canary more', async () => {
    const { seen, totals } = await harvest(world.accessOf(name).store);
    const expected = expectedCanaries(name);
    expect([...seen].sort()).toEqual([...expected].sort());
    for (const [type, total] of totals) {
      const own = [...expected].filter((canary) => canary.startsWith(`canary-${type}-`)).length;
      expect([type, total]).toEqual([type, type === 'ServiceRequest' && own > 0 ? own + 1 : own]);
    }
  });

  it('is refused in every cell that is absent', async () => {
    const { store } = world.accessOf(name);
    for (const type of allTypes) {
      const person = isOpen(type) ? 'open' : 'a';
      const id = idOf(type, person);
      const body = { ...resourceOf(type, person, id), id };
      const calls: Readonly<Record<Exclude<Interaction, `$${string}`>, () => Promise<unknown>>> = {
        read: () => store.read(type, id),
        history: () => store.history(type, id, { count: 1 }),
        search: () => store.search(queryFor(type)),
        create: () => store.create(body),
        update: () => store.update(body),
        delete: () => store.delete(type, id),
      };
      for (const [interaction, call] of Object.entries(calls)) {
        if (may(actors[name], type, interaction as Interaction)) continue;
        const refusal = await refusalOf(call);
        expect([type, interaction, refusal?.status, refusal?.issues]).toEqual([
          type,
          interaction,
          403,
          [
            {
              severity: 'error',
              code: 'forbidden',
              diagnostics: `This token (${name}) may not ${verbs[interaction as keyof typeof verbs]} ${type} resources.`,
            },
          ],
        ]);
      }
    }
  });
});

describe.each(['gp', 'therapist', 'patient', 'manager'] as const)('%s and people out of reach', (name) => {
  it('gets the same refusal for what is not theirs as for what there is not, and changes nothing', async () => {
    const { store } = world.accessOf(name);
    for (const type of personalTypes) {
      for (const person of ['b', 'c'] as const) {
        const foreign = idOf(type, person);
        const outcomes = async (id: string) => ({
          read: await outcomeOf(() => store.read(type, id)),
          vread: await outcomeOf(() => store.readVersion(type, id, '1')),
          history: await outcomeOf(() => store.history(type, id, { count: 5 })),
          update: await outcomeOf(() => store.update(resourceOf(type, 'a', id))),
          upsert: await outcomeOf(() => store.update(resourceOf(type, 'a', id), { upsert: true })),
          delete: await outcomeOf(() => store.delete(type, id)),
        });
        const [theirs, none] = [await outcomes(foreign), await outcomes('nothing-here')];
        const blinded = (outcome: unknown, id: string) => JSON.stringify(outcome).replaceAll(id, '<id>');
        expect([type, blinded(theirs, foreign)]).toEqual([type, blinded(none, 'nothing-here')]);
      }
    }
    expect(await versionsOf(world.root)).toEqual([]);
  });

  it('writes nothing about them', async () => {
    const { store } = world.accessOf(name);
    for (const type of personalTypes) {
      for (const person of ['b', 'c'] as const) {
        const refusal = await refusalOf(() => store.create(resourceOf(type, person, 'new')));
        expect([type, refusal?.status]).toEqual([type, expect.any(Number)]);
        expect([403, 404]).toContain(refusal?.status);
      }
    }
    expect(await versionsOf(world.root)).toEqual([]);
  });
});

describe('the record of a person', () => {
  it('holds only types that lie in a compartment, or nobody could be let in', () => {
    expect(Object.keys(recordTypes).filter((type) => !compartment.holds(type))).toEqual([]);
    expect(openTypes.filter((type) => compartment.holds(type))).toEqual([]);
  });
});

async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FhirError) return { status: error.status, issues: error.issues };
    throw error;
  }
}

/** What of the foreign records is no longer as it was made. */
async function versionsOf(root: Store): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const type of personalTypes) {
    const page = await root.search(queryFor(type));
    const foreign = page.matches.filter(({ json }) =>
      canaries(json).some((canary) => /-(?:b|c)-end$/.test(canary)),
    );
    if (foreign.length !== 2 || foreign.some(({ versionId }) => versionId !== '1')) changed.push(type);
  }
  return changed;
}
