// Checks every file of fhir-profiles/ (without HL7's own in base/): one line for each finding, a summary, exit code 1 when there is one.
import { join } from 'node:path';
import { contentFindings } from './content/content-findings.ts';

const { files, findings } = await contentFindings(join(import.meta.dirname, '..', 'fhir-profiles'));
for (const { file, fault } of findings) process.stdout.write(`${file}: ${fault}\n`);
process.stdout.write(`${files} content files, ${findings.length} findings\n`);
if (findings.length > 0) process.exitCode = 1;
