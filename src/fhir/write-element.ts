// Writes values into a resource at an element path, by the R4 model.
// The path is the simple subset of FHIRPath (https://hl7.org/fhir/R4/fhirpath.html#simple): names, indices, ofType(), extension().
// Strict: a place that does not exist, or a value of another type, is a fault and nothing is written.
import r4 from 'fhirpath/fhir-context/r4';
import { primitiveOf } from './validation/primitives.ts';

export type Written<T> =
  | { readonly kind: 'written'; readonly value: T }
  | { readonly kind: 'fault'; readonly why: string };

type Json = Readonly<Record<string, unknown>>;

interface Segment {
  readonly name: string;
  readonly index?: number;
  /** The url of extension('url'), which finds or adds that extension. */
  readonly extension?: string;
  /** The type of ofType(), for an element with a choice of types. */
  readonly type?: string;
}

/** What may not be written, by the first name of the path, and whose it therefore is not: "the plan's". */
interface Fixed {
  readonly names: ReadonlySet<string>;
  readonly writer: string;
}

/** A copy of `target` with the values at the path. `typeName` is the target's type, such as "ServiceRequest" or "RequestGroup.action". */
export function writeElement<T extends object>(
  target: T,
  typeName: string,
  path: string,
  values: readonly unknown[],
  fixed: Fixed,
): Written<T> {
  const segments = parsePath(path);
  const [first] = segments ?? [];
  if (!segments || !first) {
    return { kind: 'fault', why: `"${path}" is no simple FHIRPath` };
  }
  if (fixed.names.has(first.name)) {
    return { kind: 'fault', why: `${first.name} is not ${fixed.writer} to set` };
  }
  try {
    return { kind: 'written', value: { ...target, ...write(asObject(target), typeName, segments, values) } };
  } catch (error) {
    if (error instanceof Misplaced) return { kind: 'fault', why: `"${path}": ${error.message}` };
    throw error;
  }
}

class Misplaced extends Error {}

const segmentPattern =
  /^(?:extension\('(?<url>[^']+)'\)|(?<name>[a-z][A-Za-z0-9]*)(?:\.ofType\((?<type>[A-Za-z]+)\))?(?:\[(?<index>\d{1,3})\])?)(?:\.|$)/;

/** Undefined when the text is something else than a simple path. */
function parsePath(path: string): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let rest = path.replace(/^%?(?:this\.|resource\.)?/, '');
  while (rest) {
    const match = segmentPattern.exec(rest);
    if (!match?.groups) return undefined;
    const { url, name, type, index } = match.groups;
    rest = rest.slice(match[0].length);
    segments.push({
      name: name ?? 'extension',
      ...(url && { extension: url }),
      ...(type && { type }),
      ...(index && { index: Number(index) }),
    });
  }
  return segments.length > 0 ? segments : undefined;
}

function write(
  parent: Json,
  parentType: string,
  segments: readonly Segment[],
  values: readonly unknown[],
): Json {
  const [segment, ...below] = segments;
  if (!segment) {
    return parent;
  }
  const place = placeOf(parentType, segment, below.length === 0 ? values[0] : undefined);
  const current = parent[place.field];
  if (below.length === 0) {
    const checked = values.map((value) => checkedValue(value, place.type));
    return { ...parent, [place.field]: atLeaf(current, segment, place.repeats, checked) };
  }
  if (!place.repeats) {
    if (segment.index) throw new Misplaced(`${segment.name} does not repeat`);
    return { ...parent, [place.field]: write(asObject(current), place.type, below, values) };
  }
  const list = asList(current);
  const index = indexIn(list, segment);
  const element = write(
    segment.extension ? { url: segment.extension, ...asObject(list[index]) } : asObject(list[index]),
    place.type,
    below,
    values,
  );
  return { ...parent, [place.field]: list.toSpliced(index, 1, element) };
}

function atLeaf(
  current: unknown,
  { name, index }: Segment,
  repeats: boolean,
  values: readonly unknown[],
): unknown {
  if (!repeats) {
    if (values.length > 1 || index) throw new Misplaced(`${name} does not repeat`);
    return values[0];
  }
  const list = asList(current);
  if (index === undefined) return [...list, ...values];
  if (index > list.length) throw new Misplaced(`${name}[${index}] would leave a hole`);
  return list.toSpliced(index, 1, ...values);
}

function indexIn(list: readonly unknown[], { name, index, extension }: Segment): number {
  if (extension) {
    const found = list.findIndex((item) => asObject(item)['url'] === extension);
    return found < 0 ? list.length : found;
  }
  if (index === undefined) throw new Misplaced(`${name} repeats: say which, as in ${name}[0]`);
  if (index > list.length) throw new Misplaced(`${name}[${index}] would leave a hole`);
  return index;
}

interface Place {
  /** The JSON name, with the type's suffix for a choice. */
  readonly field: string;
  readonly type: string;
  readonly repeats: boolean;
}

/** An element as the R4 model describes it. */
export interface ElementShape {
  /** A data type such as "Coding", or the path of a backbone element such as "Patient.contact". */
  readonly type: string;
  readonly repeats: boolean;
  /** The types of a choice ("value[x]"), as FHIR writes them: "Quantity", "dateTime"; absent for an element of one type. */
  readonly choices?: readonly string[];
}

/** Is this a type of R4 that resources are of? */
export function isResourceType(name: string): boolean {
  return r4.type2Parent[name] === 'DomainResource' || r4.type2Parent[name] === 'Resource';
}

/** Undefined when the type has no such element. A choice is named without its "[x]". */
export function elementShape(parentType: string, name: string): ElementShape | undefined {
  const path = `${parentType}.${name}`;
  const at = r4.pathsDefinedElsewhere[path] ?? path;
  const choices = r4.choiceTypePaths[at];
  if (choices) return { type: '', repeats: false, choices: choices.map(typeNamed) };
  if (!r4.path2Type[at]) return undefined;
  const { type, repeats } = placeOf(parentType, { name }, undefined);
  return { type, repeats };
}

/** Where a segment lies by the R4 model. */
function placeOf(parentType: string, segment: Segment, sample: unknown): Place {
  const path = `${parentType}.${segment.name}`;
  const at = r4.pathsDefinedElsewhere[path] ?? path;
  const choices = r4.choiceTypePaths[at];
  if (choices) {
    const suffix = choices.find((choice) => isChoice(choice, segment.type, sample));
    if (!suffix)
      throw new Misplaced(
        `${segment.name} is a choice of types: say which, as in ${segment.name}.ofType(string)`,
      );
    return { field: segment.name + suffix, type: typeNamed(suffix), repeats: false };
  }
  const type = r4.path2Type[at] ?? inherited(segment.name);
  if (!type) throw new Misplaced(`${parentType} has no ${segment.name}`);
  const nested = type === 'BackboneElement' || type === 'Element' ? at : type;
  return {
    field: segment.name,
    type: nested,
    repeats: r4.path2Repeating[at] === true || segment.name === 'extension',
  };
}

const inherited = (name: string): string | undefined => (name === 'extension' ? 'Extension' : undefined);

const typeNamed = (suffix: string): string => (primitiveOf(lowerFirst(suffix)) ? lowerFirst(suffix) : suffix);
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function isChoice(choice: string, wanted: string | undefined, sample: unknown): boolean {
  if (wanted) return choice === wanted || choice === wanted.charAt(0).toUpperCase() + wanted.slice(1);
  if (typeof sample === 'boolean') return choice === 'Boolean';
  return typeof sample === 'string' && choice === 'DateTime' && matches('dateTime', sample);
}

/** A primitive as R4 writes it, or an object where the type is one. */
function matches(type: string, value: unknown): boolean {
  const primitive = primitiveOf(type);
  if (!primitive) return typeof value === 'object' && value !== null;
  switch (primitive.jsType) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number' && primitive.fault(value) === undefined;
    case 'string':
      return typeof value === 'string' && primitive.fault(value) === undefined;
  }
}

/** An object keeps only what its type has; that its parts are right is for validation to say. */
function checkedValue(value: unknown, type: string): unknown {
  if (!matches(type, value)) throw new Misplaced(`the value is no ${type}`);
  if (typeof value === 'object' && value !== null) {
    for (const name of Object.keys(value)) {
      if (
        !r4.path2Type[`${type}.${name}`] &&
        !['id', 'extension'].includes(name) &&
        !isChoiceField(type, name)
      ) {
        throw new Misplaced(`${type} has no ${name}`);
      }
    }
  }
  return value;
}

const isChoiceField = (type: string, field: string): boolean =>
  Object.entries(r4.choiceTypePaths).some(
    ([path, choices]) =>
      path.startsWith(`${type}.`) && choices.some((choice) => path.slice(type.length + 1) + choice === field),
  );

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
