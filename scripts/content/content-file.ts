// The content files as the checks see them: read leniently, so that every fault is told and not only the first.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Resource } from '@medplum/fhirtypes';

export interface Finding {
  /** Relative to the content folder. */
  readonly file: string;
  readonly fault: string;
}

export interface ContentFile {
  readonly file: string;
  /** The folder below the content folder, such as "plans". */
  readonly folder: string;
  readonly resource: Resource;
}

export interface Content {
  readonly files: readonly ContentFile[];
  readonly findings: readonly Finding[];
}

/** Every JSON file below the content folder, without HL7's own definitions in base/. */
export function readContentFiles(directory: string): Content {
  const files: ContentFile[] = [];
  const findings: Finding[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const file = relative(directory, path).replaceAll('\\', '/');
    const [folder = ''] = file.split('/');
    if (!entry.isFile() || folder === 'base' || !file.endsWith('.json')) continue;
    const read = readResource(path);
    if (typeof read === 'string') {
      findings.push({ file, fault: read });
      continue;
    }
    const expected = `${read.resourceType}-${read.id}.json`;
    if (basename(path) !== expected) findings.push({ file, fault: `is to be named ${expected}` });
    files.push({ file, folder, resource: read });
  }
  files.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { files, findings };
}

/** The resource, or what is wrong with the file. */
function readResource(path: string): Resource | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return `is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  return isResource(parsed) ? parsed : 'holds no resource with a resourceType and an id';
}

function isResource(value: unknown): value is Resource {
  if (typeof value !== 'object' || value === null) return false;
  const resourceType: unknown = Reflect.get(value, 'resourceType');
  const id: unknown = Reflect.get(value, 'id');
  return typeof resourceType === 'string' && typeof id === 'string';
}

/** Visits every object in a resource, the outermost first, with its FHIRPath. */
export function visitObjects(
  value: unknown,
  place: string,
  visit: (element: Readonly<Record<string, unknown>>, place: string) => void,
): void {
  if (Array.isArray(value)) {
    value.forEach((each, index) => {
      visitObjects(each, `${place}[${index}]`, visit);
    });
  } else if (typeof value === 'object' && value !== null) {
    const element: Readonly<Record<string, unknown>> = { ...value };
    visit(element, place);
    for (const [key, child] of Object.entries(element)) visitObjects(child, `${place}.${key}`, visit);
  }
}
