// Indents JSON text for people, without reading its values, so that each stays as it was written.

/** `text` must be without white space between its parts, as JSON.stringify writes it. */
export function prettyJson(text: string): string {
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|\[\]|\{\}|[[\]{},:]/g, (part) => {
    switch (part) {
      case '{':
      case '[':
        depth++;
        return part + line();
      case '}':
      case ']':
        depth--;
        return line() + part;
      case ',':
        return part + line();
      case ':':
        return ': ';
      default:
        return part;
    }
  });
}
