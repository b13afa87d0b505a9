// Before the suite runs on PostgreSQL (jest-postgres.json): starts the server. The workers find it by their environment.
module.exports = async () => {
  const { startSuite } = await import('../test/support/postgres-suite.ts');
  const suite = await startSuite();
  process.env.TEST_DATABASE_TEMPLATE = suite.template;
  globalThis.stopPostgresSuite = () => suite.stop();
};
