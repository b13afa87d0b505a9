// After the suite has run on PostgreSQL: the server goes, with all its databases.
module.exports = () => globalThis.stopPostgresSuite();
