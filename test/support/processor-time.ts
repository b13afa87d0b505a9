// How long this process has computed: unlike a clock on the wall it does not count what other processes and other machines take.

/** Milliseconds since the process began. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
