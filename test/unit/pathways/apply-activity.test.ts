// ActivityDefinition/$apply: one proposed request of each kind, valid R4, with what it cannot hold named.
import type { ActivityDefinition, Appointment, Group, Resource } from '@medplum/fhirtypes';
import { type ApplyActivityInput, applyActivity } from '../../../src/pathways/apply-activity.ts';
import { anna, catalogue, fhir, present, problemsOf, validator } from './plan-world.ts';

const url = 'https://example.org/ActivityDefinition/a';

function activity(more: Partial<ActivityDefinition>): ActivityDefinition {
  return {
    resourceType: 'ActivityDefinition',
    id: 'a',
    status: 'active',
    url,
    version: '1',
    title: 'Walk',
    ...more,
  };
}

const run = (definition: ActivityDefinition, more: Partial<ApplyActivityInput> = {}) =>
  applyActivity({
    definition,
    libraries: catalogue,
    trust: 'published',
    validator,
    subject: anna,
    ...present,
    ...more,
  });

const physiotherapist = { text: 'Physiotherapist' };
const group: Group = { resourceType: 'Group', id: 'eight', type: 'person', actual: true };
const dynamicValue = (path: string, expression: string) => ({
  path,
  expression: { language: 'text/fhirpath' as const, expression },
});

describe('the request is of the kind of the definition', () => {
  it('a ServiceRequest, with code, timing, place, role and the person who does it', () => {
    const { resource, issues } = run(
      activity({
        kind: 'ServiceRequest',
        intent: 'order',
        code: { text: 'Walking' },
        priority: 'urgent',
        timingTiming: { repeat: { frequency: 2, period: 1, periodUnit: 'wk' } },
        location: { reference: 'Location/park' },
        bodySite: [{ text: 'Legs' }],
        quantity: { value: 2 },
        participant: [{ type: 'patient' }, { type: 'practitioner', role: physiotherapist }],
      }),
      { practitioner: { reference: 'Practitioner/gp' }, encounter: { reference: 'Encounter/e' } },
    );
    expect(resource).toEqual({
      resourceType: 'ServiceRequest',
      id: resource.id,
      instantiatesCanonical: [`${url}|1`],
      status: 'draft',
      intent: 'proposal',
      priority: 'urgent',
      code: { text: 'Walking' },
      quantityQuantity: { value: 2 },
      occurrenceTiming: { repeat: { frequency: 2, period: 1, periodUnit: 'wk' } },
      performerType: physiotherapist,
      locationReference: [{ reference: 'Location/park' }],
      bodySite: [{ text: 'Legs' }],
      subject: { reference: 'Patient/anna' },
      encounter: { reference: 'Encounter/e' },
      requester: { reference: 'Practitioner/gp' },
      performer: [{ reference: 'Patient/anna' }],
    });
    expect([issues, problemsOf(resource)]).toEqual([[], []]);
  });

  it('a Task for the person, with a period', () => {
    const { resource, issues } = run(
      activity({
        kind: 'Task',
        timingPeriod: { start: '2026-12-01', end: '2026-12-14' },
        participant: [{ type: 'patient' }],
      }),
    );
    expect(resource).toMatchObject({
      resourceType: 'Task',
      intent: 'proposal',
      description: 'Walk',
      executionPeriod: { start: '2026-12-01', end: '2026-12-14' },
      owner: { reference: 'Patient/anna' },
    });
    expect([issues, problemsOf(resource)]).toEqual([[], []]);
  });

  it('a CommunicationRequest to the person', () => {
    const { resource, issues } = run(
      activity({ kind: 'CommunicationRequest', participant: [{ type: 'patient' }] }),
    );
    expect(resource).toMatchObject({
      resourceType: 'CommunicationRequest',
      status: 'draft',
      payload: [{ contentString: 'Walk' }],
      recipient: [{ reference: 'Patient/anna' }],
    });
    expect([issues, problemsOf(resource)]).toEqual([[], []]);
  });

  it('an Appointment that has yet to be agreed', () => {
    const { resource, issues } = run(
      activity({
        kind: 'Appointment',
        code: { text: 'Session' },
        location: { reference: 'Location/room' },
        timingTiming: {
          repeat: {
            duration: 45,
            durationUnit: 'min',
            boundsPeriod: { start: '2026-12-01', end: '2026-12-24' },
          },
        },
        participant: [{ type: 'patient' }, { type: 'practitioner', role: physiotherapist }],
      }),
    );
    expect(resource).toMatchObject({
      resourceType: 'Appointment',
      status: 'proposed',
      serviceType: [{ text: 'Session' }],
      description: 'Walk',
      minutesDuration: 45,
      requestedPeriod: [{ start: '2026-12-01', end: '2026-12-24' }],
      participant: [
        { actor: { reference: 'Patient/anna' }, status: 'needs-action' },
        { type: [physiotherapist], status: 'needs-action' },
        { actor: { reference: 'Location/room' }, status: 'needs-action' },
      ],
    });
    expect([issues, problemsOf(resource)]).toEqual([[], []]);
  });

  it('an Appointment of a group names the group beside it', () => {
    const { resource } = run(activity({ kind: 'Appointment' }), { subject: group });
    expect((resource as Appointment).supportingInformation).toEqual([{ reference: 'Group/eight' }]);
    expect(problemsOf(resource)).toEqual([]);
  });

  it('a Task in the place of any other kind, which is told inside it', () => {
    const { resource, issues } = run(activity({ kind: 'NutritionOrder' }));
    const told = {
      severity: 'warning',
      code: 'not-supported',
      diagnostics: 'a: a Task stands for the kind NutritionOrder',
    };
    expect(issues).toEqual([told]);
    expect(resource).toMatchObject({
      resourceType: 'Task',
      contained: [{ resourceType: 'OperationOutcome', issue: [told] }],
    });
    expect(problemsOf(resource)).toEqual([]);
  });

  it.each(['Task', 'Appointment'] as const)('what is not to be done says so, a %s too', (kind) => {
    const { resource } = run(activity({ kind, doNotPerform: true }));
    expect(resource).toMatchObject({
      modifierExtension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/request-doNotPerform', valueBoolean: true },
      ],
    });
    expect(problemsOf(resource)).toEqual([]);
  });
});

describe('dynamic values', () => {
  it('are written by a simple path, in order, and replace a text with its translations', () => {
    const { resource, issues } = run(
      activity({
        kind: 'Task',
        dynamicValue: [
          dynamicValue('description', "'For ' & %subject.id"),
          dynamicValue('restriction.repetitions', '3'),
          dynamicValue('executionPeriod.start', '%today.toString()'),
        ],
      }),
    );
    expect(resource).toMatchObject({
      description: 'For anna',
      restriction: { repetitions: 3 },
      executionPeriod: { start: '2026-11-20' },
    });
    expect([issues, problemsOf(resource)]).toEqual([[], []]);
  });

  it('of another type, or where there is no such element, are told and not written', () => {
    const { resource, issues } = run(
      activity({
        kind: 'Task',
        dynamicValue: [dynamicValue('restriction.repetitions', "'three'"), dynamicValue('colour', "'red'")],
      }),
    );
    expect(issues.map(({ diagnostics }) => diagnostics)).toEqual([
      'a: a dynamic value was not written: "restriction.repetitions": the value is no positiveInt',
      'a: a dynamic value was not written: "colour": Task has no colour',
    ]);
    expect(resource).not.toHaveProperty('restriction');
  });

  it('of a definition that is not published here are found apart', () => {
    const { issues } = run(activity({ kind: 'Task', dynamicValue: [dynamicValue('description', "'x'")] }), {
      trust: 'foreign',
    });
    expect(issues.map(({ diagnostics }) => diagnostics)).toEqual([
      'a: a dynamic value was not written: "description": the expression failed: it was not run for this question',
    ]);
  });
});

it('names the participants that it has no place for', () => {
  const { issues } = run(
    activity({
      kind: 'CommunicationRequest',
      participant: [{ type: 'practitioner', role: physiotherapist }, { type: 'device' }],
    }),
  );
  expect(issues.map(({ diagnostics }) => diagnostics)).toEqual([
    'a: device is not carried as a participant',
    'CommunicationRequest: a role is not carried as a participant',
  ]);
});

describe('every published activity', () => {
  const published = catalogue
    .published()
    .filter((resource): resource is ActivityDefinition => resource.resourceType === 'ActivityDefinition');

  it.each(published.map((definition) => [definition.id ?? '', definition] as const))(
    '%s gives a valid request, the same twice, another for another person',
    (_, definition) => {
      const once = run(definition);
      expect(problemsOf(once.resource)).toEqual([]);
      expect(JSON.stringify(run(structuredClone(definition)).resource)).toBe(JSON.stringify(once.resource));
      const other: Resource = run(definition, { subject: { ...anna, id: 'bert' } }).resource;
      expect(other.id).not.toBe(once.resource.id);
      expect(problemsOf(run(definition, { subject: group }).resource)).toEqual([]);
    },
  );

  it('carries the translations of its title', () => {
    const definition = published.find(({ id }) => id === 'home-exercises');
    const { resource } = run(definition ?? activity({}));
    expect(JSON.stringify(resource)).toContain(
      '"_description":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/translation"',
    );
    expect(definition?.url).toBe(`${fhir}/ActivityDefinition/home-exercises`);
  });
});

describe('a what-if question', () => {
  const born = activity({
    kind: 'ServiceRequest',
    dynamicValue: [dynamicValue('occurrenceDateTime', '%patient.birthDate')],
  });
  const whatIf = {
    data: [{ ...anna, birthDate: '1990-09-09' }],
    declined: [],
  };
  const ask = () => run(born, { subject: { ...anna, birthDate: '1990-09-09' }, whatIf });

  it('is answered by what was assumed; every resource of the answer is marked, and has an id of its own', () => {
    const { resource, issues } = ask();
    const meta = { tag: [expect.objectContaining({ code: 'counterfactual' })] };
    expect(resource).toMatchObject({
      meta,
      occurrenceDateTime: '1990-09-09',
      contained: [{ resourceType: 'OperationOutcome', meta }],
    });
    expect(issues.map(({ severity, diagnostics }) => `${severity} ${diagnostics ?? ''}`)).toEqual([
      `information ${url}|1#apply: an answer to a what-if question, not to the person as they are (assumed: Patient/anna)`,
    ]);
    const real = run(born).resource;
    expect(real).toMatchObject({ occurrenceDateTime: '1980-05-05' });
    expect(JSON.stringify(real)).not.toContain('counterfactual');
    expect(real.id).not.toBe(resource.id);
    expect(problemsOf(resource)).toEqual([]);
    expect(JSON.stringify(ask().resource)).toBe(JSON.stringify(resource));
  });
});
