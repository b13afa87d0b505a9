// Runs every check that the tests do not: format, lint, types, arrows, dead code, content, generated files.
// Goes on after a failure, so that one run shows all of them; prints a line each and the output of what failed.
import { spawnSync } from 'node:child_process';

const checks = ['format', 'lint', 'types', 'arrows', 'dead', 'content', 'generated'];

let failed = 0;
for (const check of checks) {
  const started = performance.now();
  const run = spawnSync('npm', ['run', '--silent', `check:${check}`], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const ok = run.status === 0;
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${check.padEnd(10)} ${seconds.padStart(5)} s\n`);
  if (ok) continue;
  failed += 1;
  process.stdout.write(`${run.stdout}${run.stderr}\n`);
}
if (failed > 0) {
  process.stdout.write(`${failed} of ${checks.length} checks failed\n`);
  process.exitCode = 1;
}
