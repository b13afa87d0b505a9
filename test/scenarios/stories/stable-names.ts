// Replaces the ids that a service under test gave by readable names that stay the same while the story does.

const countedId = /00000000-0000-4000-8000-\d{12}/g;

/** In order of appearance by type: Task-1, Task-2, CarePlan-1; id-1 when the text never says what it is of. */
export function withNames(text: string): string {
  const types = new Map<string, string>();
  const referred = new RegExp(`([A-Z][A-Za-z]+)/(${countedId.source})`, 'g');
  const held = new RegExp(`"resourceType": "([A-Za-z]+)",\\s+"id": "(${countedId.source})"`, 'g');
  for (const [, type = '', id = ''] of [...text.matchAll(referred), ...text.matchAll(held)]) {
    if (!types.has(id)) types.set(id, type);
  }
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  return text.replaceAll(countedId, (id) => {
    const type = types.get(id) ?? 'id';
    const count = counts.get(type) ?? 0;
    if (!names.has(id)) {
      counts.set(type, count + 1);
      names.set(id, `${type}-${count + 1}`);
    }
    return names.get(id) ?? id;
  });
}
