// After the suite has run on SQLite: the database with which those in memory began goes.
module.exports = () => globalThis.removeSqliteTemplate();
