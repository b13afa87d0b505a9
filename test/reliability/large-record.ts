// An invented practice with many observations, as NDJSON for the import command.

const codes = Array.from({ length: 40 }, (_none, at) => `measure-${at}`);
const names = ['Bakker', 'de Vries', 'Jansen', 'van den Berg', 'Meijer', 'Peters', 'Smeets', 'Hendriks'];
const codeSystem = 'https://example.org/codes';

export interface RecordSize {
  readonly patients: number;
  readonly observations: number;
}

const day = (at: number) => new Date(Date.UTC(2020, 0, 1 + (at % 2000))).toISOString().slice(0, 10);

function practitioner(at: number): object {
  return { resourceType: 'Practitioner', id: `doctor-${at}`, name: [{ family: names[at % names.length] }] };
}

function patient(at: number): object {
  return {
    resourceType: 'Patient',
    id: `person-${at}`,
    gender: at % 2 === 0 ? 'female' : 'male',
    birthDate: day(at * 3),
    name: [{ family: `${names[at % names.length]}-${at}`, given: ['Eefje', 'Teun'] }],
    generalPractitioner: [{ reference: `Practitioner/doctor-${at % 10}` }],
  };
}

function observation(at: number, patients: number): object {
  const code = codes[at % codes.length] ?? '';
  return {
    resourceType: 'Observation',
    id: `seen-${at}`,
    status: 'final',
    code: { coding: [{ system: codeSystem, code, display: `What ${code} measures` }] },
    subject: { reference: `Patient/person-${(at * 7) % patients}` },
    performer: [{ reference: `Practitioner/doctor-${at % 10}` }],
    effectiveDateTime: day(at),
    valueQuantity: { value: (at % 500) / 10, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
    ...(at > 0 && { hasMember: [{ reference: `Observation/seen-${at - 1}` }] }),
  };
}

const numbers = (count: number) => Array.from({ length: count }, (_none, at) => at);

export function largeRecord({ patients, observations }: RecordSize): string {
  const resources = [
    ...numbers(10).map(practitioner),
    ...numbers(patients).map(patient),
    ...numbers(observations).map((at) => observation(at, patients)),
  ];
  return resources.map((resource) => `${JSON.stringify(resource)}\n`).join('');
}
