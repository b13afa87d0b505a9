// What a client is told about a resource that is not valid R4: every issue, each with its place.
import { asSent, error, validatorOnBase } from './validator-on-base.ts';

const validator = validatorOnBase();
const issuesOf = (value: unknown) => validator.validate(asSent(value));

const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '70273-8' }] },
  subject: { reference: 'Patient/example' },
  valueInteger: 12,
};

describe('a resource that may be stored', () => {
  it('has no issues', () => {
    expect(issuesOf(observation)).toEqual([]);
  });

  it('may hold members that our own code left undefined', () => {
    expect(validator.validate({ ...asSent(observation), language: undefined })).toEqual([]);
  });

  it('may claim a profile that is not held here, and is told that it was not checked', () => {
    const profile = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab';
    expect(issuesOf({ ...observation, meta: { profile: [profile] } })).toEqual([
      {
        severity: 'information',
        code: 'not-supported',
        diagnostics: `The profile ${profile} is not held here, so it was not checked`,
        expression: ['Observation.meta.profile'],
      },
    ]);
  });

  it('may hold a null where a primitive has only extensions', () => {
    const absent = {
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
      ],
    };
    expect(
      issuesOf({ resourceType: 'Patient', name: [{ given: ['Invented', null], _given: [null, absent] }] }),
    ).toEqual([]);
  });
});

describe('the shape of a resource', () => {
  it.each([
    null,
    'text',
    5,
    [],
    {},
    { resourceType: 5 },
    { resourceType: 'constructor' },
    { resourceType: '../package' },
    { resourceType: 'http://hl7.org/fhir/StructureDefinition/Patient' },
    { resourceType: 'Patient|4.0.1' },
  ])('is refused when %j is no resource of R4', (value) => {
    expect(issuesOf(value)).toEqual([error('structure', 'resourceType', 'R4 has no such resource type')]);
  });

  it.each(['Element', 'DomainResource', 'Quantity', 'SubscriptionStatus', 'ObservationComponent'])(
    'is refused when the type is %s, which nobody can store',
    (resourceType) => {
      expect(issuesOf({ resourceType, id: 'x' })).toEqual([
        error('structure', 'resourceType', 'R4 has no such resource type'),
      ]);
    },
  );

  it('names a required element that is missing', () => {
    const { code: _, ...withoutCode } = observation;
    expect(issuesOf(withoutCode)).toEqual([
      error('structure', 'Observation.code', 'Missing required property'),
    ]);
  });

  it.each(['constructor', 'toString', 'colour'])(
    'refuses the element "%s", which R4 does not have',
    (key) => {
      expect(issuesOf({ ...observation, [key]: 'blue' })).toEqual([
        error('structure', `Observation.${key}`, `Observation has no element "${key}"`),
      ]);
    },
  );

  it('refuses what other versions of FHIR or other products added to R4', () => {
    expect(issuesOf({ ...observation, meta: { project: 'x' } })).toEqual([
      error('structure', 'Observation.meta.project', 'Meta has no element "project"'),
    ]);
  });

  it('refuses a value of another JSON type', () => {
    expect(issuesOf({ ...observation, valueInteger: '12' })).toEqual([
      error('structure', 'Observation.value', 'A JSON number is expected for integer, not a JSON string'),
    ]);
  });

  it('refuses one value where an array is expected, and an array where one value is', () => {
    expect(issuesOf({ resourceType: 'Patient', name: { family: 'Invented' }, gender: ['female'] })).toEqual([
      error('structure', 'Patient.name', 'An array is expected'),
      error('structure', 'Patient.gender', 'A single value is expected, not an array'),
    ]);
  });

  it('refuses empty objects, arrays and strings, and null', () => {
    expect(
      issuesOf({ resourceType: 'Patient', name: [{}], telecom: [], language: '', maritalStatus: null }),
    ).toEqual([
      error('structure', 'Patient.name[0]', 'An object may not be empty'),
      error('structure', 'Patient.telecom', 'An array may not be empty'),
      error('structure', 'Patient.language', 'A string may not be empty'),
      error('structure', 'Patient.maritalStatus', 'An object is expected'),
    ]);
  });

  it('refuses two values of one choice', () => {
    expect(issuesOf({ ...observation, valueString: 'twelve' })).toEqual([
      error('structure', 'Observation.value', 'Only one of "valueInteger" and "valueString" may be present'),
    ]);
  });

  it('refuses an extension of one choice beside a value of another', () => {
    expect(issuesOf({ ...observation, _valueString: { id: 'a' } })).toEqual([
      error('structure', 'Observation.value', 'Only one of "valueInteger" and "valueString" may be present'),
    ]);
  });

  it('refuses a place for extensions where there is no primitive', () => {
    expect(issuesOf({ ...observation, _code: { id: 'a' } })).toEqual([
      error('structure', 'Observation._code', 'Observation has no element "_code"'),
    ]);
  });

  it('tells a hundred issues of a resource with thousands', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, place) => [`k${place}`, 1]));
    expect(issuesOf({ ...observation, ...many })).toHaveLength(100);
  });
});

describe('the form of primitive values', () => {
  it.each([
    ['31-12-2020', 'Invalid date format'],
    ['2021-02-29', 'Invalid date value'],
    ['2021-2-1', 'Invalid date format'],
  ])('refuses the date %s', (birthDate, diagnostics) => {
    expect(issuesOf({ resourceType: 'Patient', birthDate })).toEqual([
      error('structure', 'Patient.birthDate', diagnostics),
    ]);
  });

  it('refuses a time without a zone', () => {
    expect(issuesOf({ ...observation, issued: '2026-01-01T10:00:00' })).toEqual([
      error('structure', 'Observation.issued', 'Invalid instant format'),
    ]);
  });

  it('refuses an id with other signs than R4 permits, also of a contained resource', () => {
    const contained = [{ resourceType: 'Organization', id: 'b c', name: 'Invented' }];
    expect(
      issuesOf({
        resourceType: 'Patient',
        id: 'a/b',
        contained,
        managingOrganization: { reference: '#b c' },
      }),
    ).toEqual([
      error('structure', 'Patient.id', 'Invalid id format'),
      error('structure', 'Patient.contained[0].id', 'Invalid id format'),
    ]);
  });
});

describe('required codes', () => {
  it('refuses a status that R4 does not know, and lists those that it does', () => {
    expect(issuesOf({ ...observation, status: 'nope' })).toEqual([
      error(
        'code-invalid',
        'Observation.status',
        '"nope" is not in the required value set http://hl7.org/fhir/ValueSet/observation-status. ' +
          'Allowed: registered, preliminary, final, amended, corrected, cancelled, entered-in-error, unknown',
      ),
    ]);
  });

  it('looks into parts and data types', () => {
    const telecom = [{ system: 'pigeon', value: 'x' }];
    expect(issuesOf({ resourceType: 'Patient', contact: [{ telecom }] })).toEqual([
      error(
        'code-invalid',
        'Patient.contact[0].telecom[0].system',
        '"pigeon" is not in the required value set http://hl7.org/fhir/ValueSet/contact-point-system. ' +
          'Allowed: phone, fax, email, pager, url, sms, other',
      ),
    ]);
  });

  it.each([
    [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'on-fire' }] }],
    [{ coding: [{ code: 'active' }] }],
    [{ text: 'active' }],
  ])('refuses a CodeableConcept none of whose codings is required: %j', (clinicalStatus) => {
    expect(
      issuesOf({ resourceType: 'Condition', clinicalStatus, subject: { reference: 'Patient/example' } }),
    ).toEqual([
      error(
        'code-invalid',
        'Condition.clinicalStatus',
        'No coding is from the required value set http://hl7.org/fhir/ValueSet/condition-clinical. ' +
          'Allowed: active, recurrence, relapse, inactive, remission, resolved',
      ),
    ]);
  });

  it('takes other codings beside the required one', () => {
    const coding = [
      { system: 'https://example.org/status', code: 'a' },
      { system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' },
    ];
    expect(
      issuesOf({
        resourceType: 'Condition',
        clinicalStatus: { coding },
        subject: { reference: 'Patient/example' },
      }),
    ).toEqual([]);
  });

  it.each([
    ['application/fhir+json; charset=utf-8', true],
    ['image', false],
  ])('knows by rule whether %s is a media type', (contentType, isValid) => {
    expect(issuesOf({ resourceType: 'Binary', contentType })).toEqual(
      isValid
        ? []
        : [
            error(
              'code-invalid',
              'Binary.contentType',
              '"image" is not in the required value set http://hl7.org/fhir/ValueSet/mimetypes',
            ),
          ],
    );
  });
});

describe('references', () => {
  it('refuses a target of a type that the element does not allow', () => {
    expect(issuesOf({ ...observation, subject: { reference: 'Organization/example' } })).toEqual([
      error(
        'structure',
        'Observation.subject',
        'A reference to Organization is not allowed here. Allowed: Patient, Group, Device, Location',
      ),
    ]);
  });

  it('refuses a wrong type in a conditional reference, and a type that R4 does not have', () => {
    const focus = [{ reference: 'Unicorn/1' }];
    expect(issuesOf({ ...observation, subject: { reference: 'Organization?name=x' }, focus })).toEqual([
      error(
        'structure',
        'Observation.subject',
        'A reference to Organization is not allowed here. Allowed: Patient, Group, Device, Location',
      ),
      error('structure', 'Observation.focus[0]', 'R4 has no resource type Unicorn'),
    ]);
  });

  it.each([
    'urn:uuid:7e0ba35c-1f5c-4b0c-b2a9-66f0c7fcb0b0',
    'https://example.org/fhir/Patient/1',
    'Patient/1/_history/2',
  ])('takes %s', (reference) => {
    expect(issuesOf({ ...observation, subject: { reference } })).toEqual([]);
  });

  it('resolves local references, by type too', () => {
    const contained = [{ resourceType: 'Organization', id: 'o', name: 'Invented' }];
    expect(
      issuesOf({
        ...observation,
        contained,
        subject: { reference: '#o' },
        performer: [{ reference: '#nobody' }],
      }),
    ).toEqual([
      error(
        'structure',
        'Observation.subject',
        'A reference to Organization is not allowed here. Allowed: Patient, Group, Device, Location',
      ),
      error(
        'invariant',
        'Observation.performer[0]',
        'ref-1: SHALL have a contained resource if a local reference is provided',
      ),
    ]);
  });
});

describe('invariants', () => {
  it('refuses a contained resource that nothing refers to (dom-3)', () => {
    const contained = [{ resourceType: 'Organization', id: 'o', name: 'Invented' }];
    expect(issuesOf({ ...observation, contained })).toEqual([
      error(
        'invariant',
        'Observation.contained[0]',
        'dom-3: If the resource is contained in another resource, it SHALL be referred to from elsewhere in the resource',
      ),
    ]);
  });

  it('takes a contained resource that refers to its container', () => {
    const contained = [
      {
        resourceType: 'Provenance',
        id: 'p',
        target: [{ reference: '#' }],
        recorded: '2026-01-01T10:00:00Z',
        agent: [{ who: { display: 'Invented' } }],
      },
    ];
    expect(issuesOf({ ...observation, contained })).toEqual([]);
  });

  it('checks those of inner resources: an entry of a Bundle', () => {
    const entry = [{ resource: { ...observation, dataAbsentReason: { text: 'unknown' } } }];
    expect(issuesOf({ resourceType: 'Bundle', type: 'collection', entry })).toEqual([
      error(
        'invariant',
        'Bundle.entry[0].resource',
        'obs-6: dataAbsentReason SHALL only be present if Observation.value[x] is not present',
      ),
    ]);
  });

  it('checks those of data types', () => {
    expect(
      issuesOf({
        ...observation,
        effectivePeriod: { start: '2026-02-01', end: '2026-01' },
        valueInteger: undefined,
        valueQuantity: { value: 1, code: 'kg' },
      }),
    ).toEqual([
      error(
        'invariant',
        'Observation.effective',
        'per-1: If present, start SHALL have a lower value than end',
      ),
      error(
        'invariant',
        'Observation.value',
        'qty-3: If a code for the unit is present, the system SHALL also be present',
      ),
    ]);
  });

  it('compares the two ends of a period only as precisely as both are known', () => {
    expect(issuesOf({ ...observation, effectivePeriod: { start: '2026-02-01', end: '2026-02' } })).toEqual(
      [],
    );
  });

  it('wants a name or an identifier of an Organization (org-1)', () => {
    expect(issuesOf({ resourceType: 'Organization', active: true })).toEqual([
      error(
        'invariant',
        'Organization',
        'org-1: The organization SHALL at least have a name or an identifier, and possibly more than one',
      ),
    ]);
  });

  it('wants a value or extensions in an extension, and not both (ext-1)', () => {
    expect(issuesOf({ ...observation, extension: [{ url: 'https://example.org/a' }] })).toEqual([
      error(
        'invariant',
        'Observation.extension[0]',
        'ext-1: Must have either extensions or value[x], not both',
      ),
    ]);
  });

  it('finds the same code in the value and in a component (obs-7)', () => {
    expect(issuesOf({ ...observation, component: [{ code: observation.code, valueInteger: 1 }] })).toEqual([
      error(
        'invariant',
        'Observation',
        'obs-7: If Observation.code is the same as an Observation.component.code then the value element associated with the code SHALL NOT be present',
      ),
    ]);
  });

  it('finds a linkId that stands twice at different depths (que-2)', () => {
    const item = [{ linkId: 'a', type: 'group', item: [{ linkId: 'a', type: 'string' }] }];
    expect(issuesOf({ resourceType: 'Questionnaire', status: 'draft', item })).toEqual([
      error(
        'invariant',
        'Questionnaire',
        'que-2: The link ids for groups and questions must be unique within the questionnaire',
      ),
    ]);
  });
});
