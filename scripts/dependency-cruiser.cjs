// Who may import whom (checked by npm run check): one list per folder, everything not listed is forbidden.

const pure = ['instruments', 'pathways', 'course', 'continuity', 'sdc', 'terminology', 'bulk'];

const may = {
  runtime: [],
  fhir: [],
  instruments: ['fhir'],
  pathways: ['fhir'],
  course: ['fhir'],
  continuity: ['fhir'],
  // What a Questionnaire asks, and whether an answer fits it, is the instruments' knowledge.
  sdc: ['fhir', 'instruments'],
  terminology: ['fhir'],
  bulk: ['fhir'],
  content: ['fhir'],
  store: ['fhir', 'runtime', 'bulk'],
  auth: ['fhir', 'runtime'],
  workflows: ['content', 'fhir', ...pure, 'runtime', 'auth'],
  rest: ['workflows', 'bulk', 'content', 'fhir', 'runtime', 'auth', 'generated'],
  jobs: ['workflows', 'runtime'],
  demo: ['auth', 'workflows', 'runtime'],
  generated: [],
};

const folderRules = Object.entries(may).map(([folder, allowed]) => ({
  name: `${folder}-may-import`,
  severity: 'error',
  comment: `src/${folder} may import only: ${[folder, ...allowed].join(', ')} (and the store's port)`,
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [folder, ...allowed]
      .map((name) => `^src/${name}/`)
      .concat(folder === 'workflows' || folder === 'rest' ? ['^src/store/store\\.ts$'] : [])
      // The wrappers and adapters of the store know who is asking: the types of actor and permits.
      .concat(folder === 'store' ? ['^src/auth/'] : []),
  },
}));

module.exports = {
  forbidden: [
    ...folderRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/main\\.ts$' },
      to: {},
    },
    {
      name: 'the-core-is-pure',
      severity: 'error',
      comment: 'the FHIR vocabulary and the engines do no input or output',
      from: { path: `^src/(${[...pure, 'fhir', 'workflows', 'auth/permits'].join('|')})/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'adapters-are-chosen-in-one-place',
      severity: 'error',
      comment: 'only the composition root and the command line see a store adapter',
      from: { path: '^src/', pathNot: '^src/(store/|system\\.ts|command-line/)' },
      to: { path: '^src/store/', pathNot: '^src/store/store\\.ts$' },
    },
    {
      name: 'express-stays-at-the-edge',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/rest/|^src/app\\.ts$' },
      to: { path: 'node_modules/(@types/)?express/' },
    },
    {
      name: 'node-cron-ticks-in-one-place',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/jobs/' },
      to: { path: 'node_modules/node-cron/' },
    },
    {
      name: 'no-drawers',
      severity: 'error',
      comment: 'name the thing, not the drawer it lies in',
      from: {
        path: '/(utils?|helpers?|common|misc|shared|types|constants|services?|controllers?|managers?|index)(\\.ts$|/)',
        pathNot: 'node_modules',
      },
      to: {},
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@medplum/fhirtypes$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
