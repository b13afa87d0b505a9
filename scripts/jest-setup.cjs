// Before the suite runs on SQLite (jest.json): makes the database with which those in memory begin. The workers find it by their environment.
module.exports = async () => {
  const { makeSqliteTemplate } = await import('../test/support/published-content.ts');
  const template = await makeSqliteTemplate();
  process.env.TEST_SQLITE_TEMPLATE = template.path;
  globalThis.removeSqliteTemplate = () => template.remove();
};
