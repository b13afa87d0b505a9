// The table of permits: complete, closed by default, and the same in the visibility that the store compiles.
import { readdirSync, readFileSync } from 'node:fs';
import type { Actor, Role } from '../../../src/auth/actor.ts';
import { operationPermits } from '../../../src/auth/operation-permits.ts';
import { closedTypes, openTypes, recordTypes } from '../../../src/auth/permit-table.ts';
import { type Interaction, may, visibilityFor } from '../../../src/auth/permits.ts';
import { roles } from '../../../src/auth/token-request.ts';

const base = new URL('../../../fhir-profiles/base/', import.meta.url);

interface ElementSummary {
  readonly path: string;
  readonly type?: readonly { readonly targetProfile?: readonly string[] }[];
}
interface ResourceSummary {
  readonly type: string;
  readonly kind: string;
  readonly abstract?: boolean;
  readonly snapshot: { readonly element: readonly ElementSummary[] };
}

const published = readdirSync(base)
  .filter((file) => file.startsWith('StructureDefinition-'))
  .map((file) => JSON.parse(readFileSync(new URL(file, base), 'utf8')) as ResourceSummary)
  .filter(({ kind, abstract }) => kind === 'resource' && abstract !== true);

const recordNames = Object.keys(recordTypes);
const listed = [...openTypes, ...recordNames, ...closedTypes] as readonly string[];
const interactions: readonly Interaction[] = ['read', 'history', 'search', 'create', 'update', 'delete'];

const actors: Readonly<Record<Role, Actor>> = {
  gp: { role: 'gp', subject: 'Practitioner/g', scopes: [], tokenId: '1' },
  therapist: { role: 'therapist', subject: 'Practitioner/t', scopes: [], tokenId: '2' },
  patient: { role: 'patient', subject: 'Patient/p', scopes: [], tokenId: '3' },
  integrator: { role: 'integrator', scopes: ['system/Observation.rs', 'system/Patient.c'], tokenId: '4' },
  manager: { role: 'manager', scopes: [], tokenId: '5' },
  system: { role: 'system', scopes: [], tokenId: '6' },
};

describe('the table of permits', () => {
  it('names every R4 resource type once, so that a new type without a row fails here', () => {
    expect([...listed].sort()).toEqual(published.map(({ type }) => type).sort());
  });

  it('opens no type that can point to a person', () => {
    const pointsToPerson = published
      .filter(({ type }) => (openTypes as readonly string[]).includes(type))
      .filter(({ snapshot }) =>
        snapshot.element.some(({ type: types }) =>
          types?.some(({ targetProfile }) =>
            targetProfile?.some((target) => target.endsWith('/Patient') || target.endsWith('/RelatedPerson')),
          ),
        ),
      );
    expect(pointsToPerson.map(({ type }) => type)).toEqual([]);
  });

  it('lets a role read whatever it may write, and lets none of them delete', () => {
    for (const role of ['gp', 'therapist', 'patient', 'manager'] as const) {
      for (const type of listed) {
        const can = (interaction: Interaction) => may(actors[role], type, interaction);
        expect(can('delete')).toBe(false);
        expect(can('read')).toBe(can('search'));
        if (can('create') || can('update')) expect(can('read')).toBe(true);
      }
    }
  });

  it('gives every token the definitions and directories to read, and none but integrators and the system to write', () => {
    for (const type of openTypes) {
      for (const role of ['gp', 'therapist', 'patient', 'manager'] as const) {
        expect(interactions.filter((interaction) => may(actors[role], type, interaction))).toEqual([
          'read',
          'history',
          'search',
        ]);
      }
    }
  });

  it('gives a manager no personal record', () => {
    const personal = [...recordNames, ...closedTypes];
    expect(personal.filter((type) => interactions.some((one) => may(actors.manager, type, one)))).toEqual([]);
    expect(visibilityFor(actors.manager)).toMatchObject({
      kind: 'limited',
      patientTypes: new Set(),
      patients: { kind: 'none' },
    });
  });

  it('lets a patient write answers, those that are kept again, the status of homework and of a consent, and nothing else', () => {
    const writes = listed.flatMap((type) =>
      (['create', 'update', 'delete'] as const)
        .filter((interaction) => may(actors.patient, type, interaction))
        .map((interaction) => `${interaction} ${type}`),
    );
    expect(writes).toEqual([
      'create QuestionnaireResponse',
      'update QuestionnaireResponse',
      'update Task',
      'update Consent',
    ]);
  });

  it('keeps the note of a session between therapist and patient', () => {
    expect(may(actors.gp, 'Composition', 'read')).toBe(false);
    expect(may(actors.therapist, 'Composition', 'read')).toBe(true);
    expect(may(actors.patient, 'Composition', 'read')).toBe(true);
  });

  it('refuses what is no type and what is no operation, also when the word means something to JavaScript', () => {
    for (const role of roles.filter((role) => role !== 'system')) {
      for (const type of ['constructor', '__proto__', 'toString', 'Nonsense', '']) {
        for (const interaction of interactions) expect(may(actors[role], type, interaction)).toBe(false);
      }
      expect(may(actors[role], 'Patient', '$no-such-operation')).toBe(false);
      expect(may(actors[role], '__proto__', '$apply')).toBe(false);
    }
  });
});

describe('operations', () => {
  it.each(Object.entries(operationPermits))(
    '%s is called by the roles that its row names',
    (name, permit) => {
      const [type = '', operation = ''] = name.split('/');
      const allowed = roles.filter((role) => may(actors[role], type, operation as `$${string}`));
      const named = allowed.filter((role) => role !== 'integrator');
      expect([...named].sort()).toEqual([...permit.roles, 'system'].sort());
      const withScopes = (scopes: readonly string[]): Actor => ({ ...actors.integrator, scopes });
      const all = permit.scopes.map(([scopeType, letter]) => `system/${scopeType}.${letter}`);
      expect(may(withScopes(all), type, operation as `$${string}`)).toBe(true);
      expect(may(withScopes(all.slice(1)), type, operation as `$${string}`)).toBe(all.length === 0);
    },
  );

  it('that every type has are called on types of R4 only', () => {
    expect(may(actors.manager, 'Goal', '$validate')).toBe(true);
    for (const type of ['Nonsense', 'constructor', '__proto__', 'Resource2']) {
      expect(may(actors.manager, type, '$validate')).toBe(false);
    }
  });

  it('an integrator calls one when its token has every scope that the row asks for', () => {
    const withScopes = (...scopes: string[]): Actor => ({ ...actors.integrator, scopes });
    expect(may(withScopes('system/ServiceRequest.c'), 'Patient', '$refer')).toBe(false);
    expect(may(withScopes('system/ServiceRequest.c', 'system/Task.cu'), 'Patient', '$refer')).toBe(true);
    expect(may(withScopes('system/*.cruds'), 'CarePlan', '$session-complete')).toBe(true);
  });
});

describe('what an actor sees', () => {
  it('shows a patient their own compartment', () => {
    const visibility = visibilityFor(actors.patient);
    expect(visibility).toMatchObject({ kind: 'limited', patients: { kind: 'own', patientId: 'p' } });
    if (visibility.kind !== 'limited') throw new Error('unreachable');
    expect(visibility.patientTypes.has('CarePlan')).toBe(true);
    expect(visibility.patientTypes.has('Group')).toBe(false);
    expect(visibility.openTypes.has('Patient')).toBe(false);
  });

  it('shows clinicians the patients who are tied to them', () => {
    expect(visibilityFor(actors.gp)).toMatchObject({
      patients: { kind: 'tied', reference: 'Practitioner/g' },
    });
    const visibility = visibilityFor(actors.gp);
    expect(visibility.kind === 'limited' && visibility.patientTypes.has('Composition')).toBe(false);
  });

  it.each([
    ['a patient token for a Practitioner', { ...actors.patient, subject: 'Practitioner/g' }],
    ['a gp token for a Patient', { ...actors.gp, subject: 'Patient/p' }],
    ['a gp token without a subject', { role: 'gp', scopes: [], tokenId: '1' } as Actor],
    ['a subject without an id', { ...actors.patient, subject: 'Patient/' }],
  ])('shows nobody for %s', (_words, actor) => {
    expect(visibilityFor(actor)).toMatchObject({ kind: 'limited', patients: { kind: 'none' } });
  });

  it('shows an integrator the types of its scopes, for reading and for writing apart', () => {
    const actor: Actor = {
      ...actors.integrator,
      scopes: ['system/Observation.rs', 'system/Task.u', 'system/Patient.c'],
    };
    const types = (purpose: 'reading' | 'writing') => {
      const visibility = visibilityFor(actor, purpose);
      return visibility.kind === 'limited' ? [...visibility.patientTypes] : [];
    };
    expect(types('reading')).toEqual(['Observation']);
    expect(types('writing')).toEqual(['Observation', 'Task']);
  });

  it('shows an integrator nothing when its scopes are not understood', () => {
    const actor: Actor = {
      ...actors.integrator,
      scopes: ['user/*.read', 'system/Observation.rs?code=1', 'system/*.'],
    };
    expect(visibilityFor(actor)).toMatchObject({ openTypes: new Set(), patientTypes: new Set() });
    expect(listed.filter((type) => interactions.some((one) => may(actor, type, one)))).toEqual([]);
  });

  it('shows the system everything', () => {
    expect(visibilityFor(actors.system)).toEqual({ kind: 'everything' });
  });

  it('gives the same sets each time, so that a store may keep what it compiles from them', () => {
    const [one, two] = [visibilityFor(actors.gp), visibilityFor({ ...actors.gp, subject: 'Practitioner/h' })];
    expect(one.kind === 'limited' && two.kind === 'limited' && one.patientTypes === two.patientTypes).toBe(
      true,
    );
  });
});
