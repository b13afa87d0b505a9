// Codes of systems that are not ours to hold: each that is used stands, with its name, in a list of ours that says where it was found.
import type { Resource, ValueSet } from '@medplum/fhirtypes';
import { type ContentFile, type Finding, visitObjects } from './content-file.ts';

/** The systems of which only listed codes are used, and the value set that lists them. */
const lists: Readonly<Record<string, string>> = {
  'http://snomed.info/sct': 'snomed-ct-used',
  'http://loinc.org': 'loinc-used',
  'http://hl7.org/fhir/sid/icpc-2': 'icpc-2-used',
  'http://hl7.org/fhir/sid/icd-10': 'icd-10-used',
};

/** Whoever uses their codes says so, in the words of their licence. */
const notices: Readonly<Record<string, RegExp>> = {
  'http://loinc.org': /LOINC is copyright Regenstrief Institute/,
  'http://snomed.info/sct': /SNOMED CT/,
};

export function codeListFindings(files: readonly ContentFile[]): readonly Finding[] {
  const known = new Map(Object.entries(lists).map(([system, id]) => [system, namesIn(files, id, system)]));
  return files.flatMap(({ file, folder, resource }) => {
    const isPublished = folder !== 'examples' && folder !== 'demo';
    return [
      ...(isList(resource) ? [] : faultsIn(resource, known)),
      ...(isPublished ? noticesMissing(resource) : []),
    ].map((fault) => ({ file, fault }));
  });
}

/** In the resource's copyright, or for a type without one in HL7's extension. */
function noticesMissing(resource: Resource): readonly string[] {
  const extensions = 'extension' in resource ? (resource.extension ?? []) : [];
  const copyright = [
    Reflect.get(resource, 'copyright'),
    ...extensions.filter(({ url }) => url.endsWith('/artifact-copyright')).map((each) => each.valueMarkdown),
  ].join('\n');
  const text = JSON.stringify(resource);
  return Object.entries(notices)
    .filter(([system, notice]) => text.includes(`"${system}"`) && !notice.test(copyright))
    .map(([system]) => `uses codes of ${system} without their notice in its copyright`);
}

const isList = (resource: Resource): boolean =>
  resource.resourceType === 'ValueSet' && Object.values(lists).includes(resource.id ?? '');

function namesIn(
  files: readonly ContentFile[],
  id: string,
  system: string,
): ReadonlyMap<string, string | undefined> {
  const list = files
    .map(({ resource }) => resource)
    .find((resource): resource is ValueSet => resource.resourceType === 'ValueSet' && resource.id === id);
  const parts = list?.compose?.include.filter((part) => part.system === system) ?? [];
  return new Map(
    parts.flatMap(({ concept }) => concept ?? []).map(({ code, display }) => [code, display] as const),
  );
}

function faultsIn(
  resource: Resource,
  known: ReadonlyMap<string, ReadonlyMap<string, string | undefined>>,
): readonly string[] {
  const faults: string[] = [];
  const check = (place: string, system: unknown, code: unknown, display: unknown) => {
    const names = known.get(String(system));
    if (!names || typeof code !== 'string') return;
    const id = lists[String(system)];
    if (!names.has(code)) faults.push(`${place}: ${String(system)} ${code} is not in ValueSet/${id}`);
    else if (display !== undefined && display !== names.get(code)) {
      faults.push(`${place}: ${code} is called "${names.get(code)}" in ValueSet/${id}`);
    }
  };
  visitObjects(resource, resource.resourceType, (element, place) => {
    const { system, code, display, source, target } = element;
    check(place, system, code, display);
    // A value set names the system once for its concepts, a map once for each side.
    for (const [side, name, list] of [
      [system, 'concept', element['concept']],
      [source, 'element', element['element']],
    ] as const) {
      for (const [index, each] of (Array.isArray(list) ? list : []).entries()) {
        const entry = each as Readonly<Record<string, unknown>>;
        check(`${place}.${name}[${index}]`, side, entry['code'], entry['display']);
        for (const one of Array.isArray(entry['target']) ? entry['target'] : []) {
          const aim = one as Readonly<Record<string, unknown>>;
          check(`${place}.${name}[${index}].target`, target, aim['code'], aim['display']);
        }
      }
    }
  });
  return faults;
}
