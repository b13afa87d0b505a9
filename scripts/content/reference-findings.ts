// Canonicals and codes of our own must exist: a plan that points to nothing, or a code that nobody defined, fails silently at a patient.
import type { CodeSystem, CodeSystemConcept } from '@medplum/fhirtypes';
import { canonicalBase } from '../../src/content/catalogue.ts';
import { contentCanonical } from '../../src/content/content-canonical.ts';
import { parseCanonical } from '../../src/fhir/canonical.ts';
import { compileFhirPath } from '../../src/fhir/fhirpath.ts';
import { type ContentFile, type Finding, visitObjects } from './content-file.ts';

/** Canonicals have a type and a name; identifier systems of ours (…/fhir/identifier/x) are names only. */
const isOwnCanonical = (text: string) => /^[A-Z][A-Za-z]+\/[^/]+$/.test(text.slice(canonicalBase.length));

export function referenceFindings(files: readonly ContentFile[]): readonly Finding[] {
  const known = new Set<string>();
  const concepts = new Map<string, ReadonlyMap<string, string>>();
  for (const { resource } of files) {
    const canonical = contentCanonical(resource);
    if (canonical) known.add(canonical.url).add(`${canonical.url}|${canonical.version ?? ''}`);
    if (resource.resourceType === 'CodeSystem' && resource.url)
      concepts.set(resource.url, conceptsOf(resource));
  }

  return files.flatMap(({ file, resource }) => {
    const findings: Finding[] = [];
    const tell = (place: string, fault: string) => findings.push({ file, fault: `${place}: ${fault}` });
    visitObjects(resource, resource.resourceType, (element, place) => {
      for (const [key, value] of Object.entries(element)) {
        for (const text of Array.isArray(value) ? value : [value]) {
          if (typeof text !== 'string' || !text.startsWith(canonicalBase)) continue;
          const { url, version } = parseCanonical(text.split('#')[0] ?? text);
          const wanted = version === undefined ? url : `${url}|${version}`;
          if (isOwnCanonical(url) && !known.has(wanted)) tell(`${place}.${key}`, `${text} is no file here`);
        }
      }
      codeFault(element, concepts, (fault) => tell(place, fault));
      expressionFault(element, (fault) => tell(place, fault));
    });
    return findings;
  });
}

function conceptsOf(codeSystem: CodeSystem): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (each: readonly CodeSystemConcept[] | undefined) => {
    for (const concept of each ?? []) {
      found.set(concept.code, concept.display ?? '');
      add(concept.concept);
    }
  };
  add(codeSystem.concept);
  return found;
}

function codeFault(
  { system, code, display }: Readonly<Record<string, unknown>>,
  concepts: ReadonlyMap<string, ReadonlyMap<string, string>>,
  tell: (fault: string) => void,
): void {
  if (typeof system !== 'string' || typeof code !== 'string') return;
  const known = concepts.get(system);
  if (!known) return;
  const defined = known.get(code);
  if (defined === undefined) tell(`${system} has no code ${code}`);
  else if (display !== undefined && display !== defined) tell(`${code} is displayed as "${defined}"`);
}

/** An Expression, the invariant of a profile, or what a search parameter finds. */
function expressionFault(
  { language, expression, key, severity, resourceType }: Readonly<Record<string, unknown>>,
  tell: (fault: string) => void,
): void {
  const isInvariant = key !== undefined && severity !== undefined;
  const isFhirPath = language === 'text/fhirpath' || isInvariant || resourceType === 'SearchParameter';
  if (!isFhirPath || typeof expression !== 'string') return;
  const compiled = compileFhirPath(expression);
  if (compiled.kind === 'malformed') tell(`FHIRPath is not understood: ${compiled.message}`);
}
