import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  packageOf,
  readImports,
  readSourceFiles,
  resolveImport,
  type ImportLine,
  type SourceFile,
} from './source-files.ts'

const floors: Readonly<Record<string, number>> = {
  cli: 12,
  doctor: 11,
  testing: 11,
  '': 10,
  config: 9,
  express: 8,
  permissions: 7,
  outgoing: 7,
  identity: 6,
  binding: 6,
  verification: 5,
  trust: 4,
  metadata: 3,
  oauth: 3,
  keys: 2,
  suspension: 2,
  tokens: 1,
  audit: 1,
  state: 1,
  foundation: 0,
}

/** Run-time packages and the folders that may import them; a package that is not here may not be imported at all. */
const packages: Readonly<Record<string, readonly string[]>> = {
  zod: [
    'foundation',
    'audit',
    'state',
    'suspension',
    'keys',
    'metadata',
    'oauth',
    'trust',
    'binding',
    'identity',
    'permissions',
    'outgoing',
    'express',
    'config',
    'testing',
    'cli',
    'doctor',
  ],
  jose: ['keys', 'metadata', 'oauth', 'outgoing', 'testing', 'cli'],
  express: ['express', ''],
  passport: ['express', ''],
  'passport-http-bearer': ['express'],
  helmet: ['express'],
  oauth4webapi: ['oauth', 'outgoing', 'cli'],
  commander: ['cli'],
  selfsigned: ['keys', 'cli', 'testing'],
  '@opentelemetry/api': ['audit', 'config'],
}

/** A file at the top of lib that has the name of a folder is its door, and stands on its floor. */
const library = readSourceFiles('lib').map((file) => {
  const door = /^lib\/([a-z]+)\.ts$/.exec(file.path)?.[1]
  return door !== undefined && door in floors ? { ...file, folder: door } : file
})
const fileByPath = new Map(library.map((file) => [file.path, file]))

describe('floors', () => {
  it('every folder of lib has a floor', () => {
    assert.deepEqual(
      library.filter(({ folder }) => floors[folder] === undefined).map(({ path }) => path),
      [],
    )
  })

  it('a file imports from its own folder and from lower floors only', () => {
    assert.deepEqual(
      relativeImports()
        .filter(({ from, to }) => !isBelow(from, to))
        .map(describeImport),
      [],
    )
  })

  it('there is no circle between folders', () => {
    assert.deepEqual(findCircle(folderImports()), undefined)
  })

  it('there is no circle between files that is left when types are gone', () => {
    const edges = relativeImports().filter(({ isTypeOnly }) => !isTypeOnly)
    assert.deepEqual(findCircle(groupEdges(edges.map(({ from, to }) => [from.path, to.path]))), undefined)
  })

  it('relative imports name an existing file with its extension', () => {
    const missing = library.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith('.') && !fileByPath.has(resolveImport(file, specifier)))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    )
    assert.deepEqual(missing, [])
  })

  it('no file is longer than 200 lines', () => {
    assert.deepEqual(
      library.filter(({ lines }) => lines > 200).map(({ path, lines }) => `${path}: ${lines}`),
      [],
    )
  })

  it('built-in modules are written with node:', () => {
    const bare = packageImports().filter(({ name }) => ['crypto', 'fs', 'http', 'https', 'path', 'url'].includes(name))
    assert.deepEqual(bare, [])
  })

  it('packages are imported only where they belong', () => {
    assert.deepEqual(
      packageImports()
        .filter(({ file, name }) => !(packages[name] ?? []).includes(file.folder))
        .map(({ file, name }) => `${file.path} imports ${name}`),
      [],
    )
  })

  it('only the path matcher loads express at run time, everything else takes its types', () => {
    const loading = packageImports().filter(({ name, isTypeOnly }) => name === 'express' && !isTypeOnly)
    assert.deepEqual(
      loading.map(({ file }) => file.path),
      ['lib/express/path-matcher.ts'],
    )
  })

  it('what the verifier loads has neither express nor passport, nor a client or a command line', () => {
    const refused = ['express', 'passport', 'passport-http-bearer', 'helmet', 'commander', 'oauth4webapi']
    const reached = reachableFrom('lib/verifier.ts', isLoadedWithFile)
    assert.ok(reached.some(({ folder }) => folder === 'verification'))
    const loaded = reached.flatMap((file) => file.imports.filter(isLoadedWithFile))
    assert.deepEqual(
      loaded.filter(({ specifier }) => refused.includes(packageOf(specifier) ?? '')),
      [],
    )
  })

  it('what the verifier loads later is the client that asks issuers about tokens, and only that', () => {
    const dynamic = reachableFrom('lib/verifier.ts', isLoadedWithFile).flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, isDynamic }) => (isDynamic ? [`${path} loads ${specifier}`] : [])),
    )
    assert.deepEqual(
      dynamic.filter((line) => line.includes('introspection') || line.includes('oauth')),
      ['lib/oauth/load-introspection-request.ts loads ./introspection-request.ts'],
    )
    const asking = reachableFrom('lib/oauth/introspection-request.ts').flatMap(({ imports }) => imports)
    const packages = asking.flatMap(({ specifier, isTypeOnly }) => (isTypeOnly ? [] : (packageOf(specifier) ?? [])))
    assert.ok(packages.includes('oauth4webapi'))
    assert.ok(!packages.includes('express'))
  })

  it('only the door opentelemetry.ts loads OpenTelemetry', () => {
    const loads = (door: string): boolean =>
      reachableFrom(door).some(({ imports }) =>
        imports.some(({ specifier, isTypeOnly }) => !isTypeOnly && packageOf(specifier) === '@opentelemetry/api'),
      )
    assert.deepEqual(['lib/index.ts', 'lib/verifier.ts', 'lib/opentelemetry.ts'].map(loads), [false, false, true])
  })

  it('nothing loads the package redis: an application brings its own client', () => {
    assert.deepEqual(
      packageImports().filter(({ name }) => name === 'redis'),
      [],
    )
    const importers = relativeImports().filter(({ to }) => /^lib\/state\/redis-/.test(to.path))
    assert.deepEqual(
      importers.filter(({ from }) => from.folder !== 'state' && from.path !== 'lib/redis.ts').map(describeImport),
      [],
    )
  })

  it('no other floor loads the test kit, and what it loads has no test runner, no supertest and no Express', () => {
    for (const door of ['lib/index.ts', 'lib/verifier.ts']) {
      assert.deepEqual(
        reachableFrom(door).filter(({ folder }) => folder === 'testing'),
        [],
      )
    }
    const importers = relativeImports().filter(({ from, to }) => to.folder === 'testing' && from.folder !== 'testing')
    assert.deepEqual(importers.map(describeImport), [])
    const refused = ['node:test', 'supertest', 'express', 'passport', 'passport-http-bearer', 'commander']
    const reached = reachableFrom('lib/testing.ts')
    assert.ok(reached.some(({ path }) => path.startsWith('lib/testing/attacks/')))
    const loaded = reached.flatMap((file) => file.imports.filter(({ isTypeOnly }) => !isTypeOnly))
    assert.deepEqual(
      loaded.filter(({ specifier }) => refused.includes(packageOf(specifier) ?? specifier)),
      [],
    )
  })

  it('no other floor loads the command line, and nothing an application imports loads its package', () => {
    const importers = relativeImports().filter(({ from, to }) => to.folder === 'cli' && from.folder !== 'cli')
    assert.deepEqual(importers.map(describeImport), [])
    for (const door of ['lib/index.ts', 'lib/verifier.ts', 'lib/doctor.ts', 'lib/redis.ts', 'lib/testing.ts']) {
      const loaded = reachableFrom(door).flatMap(({ imports }) => imports)
      assert.ok(loaded.length > 0, door)
      assert.deepEqual(
        loaded.filter(({ specifier }) => packageOf(specifier) === 'commander'),
        [],
      )
    }
  })

  it('selfsigned, an optional peer, is loaded by one file, and only when it is asked', () => {
    const loading = packageImports().filter(({ name, isTypeOnly }) => name === 'selfsigned' && !isTypeOnly)
    assert.deepEqual(
      loading.map(({ file }) => file.path),
      ['lib/keys/generate-signing-key.ts'],
    )
  })

  it('there are no drawers', () => {
    const drawer = /(^|[/-])(utils?|helpers?|common|misc|managers?|services?|shared)([./-]|$)/
    assert.deepEqual(
      library.map(({ path }) => path).filter((path) => drawer.test(path)),
      [],
    )
  })
})

describe('spec files', () => {
  it('import either lib or the package, never both', () => {
    const isLibrary = ({ specifier }: { specifier: string }): boolean => specifier.includes('/lib/')
    const mixed = readSourceFiles('spec').filter(({ imports }) => {
      const loaded = imports.filter(({ isTypeOnly }) => !isTypeOnly)
      return loaded.some(isLibrary) && loaded.some(({ specifier }) => packageOf(specifier) === 'passport-s2s')
    })
    assert.deepEqual(
      mixed.map(({ path }) => path),
      [],
    )
  })
})

describe('reading import lines', () => {
  it('finds every form of import and tells types apart', () => {
    const text = [
      "import type { A } from './a.ts'",
      "import { b, type B } from 'b/inner'",
      'import {\n  c,\n} from "not-our-style"',
      "import {\n  d,\n} from '../d.ts'",
      "import 'e'",
      "export { f } from './f.ts'",
      "export type { G } from './g.ts'",
      "const h = await import('h')",
      " * import { comment } from 'comment'",
    ].join('\n')
    assert.deepEqual(readImports(text), [
      { specifier: './a.ts', isTypeOnly: true, isDynamic: false },
      { specifier: 'b/inner', isTypeOnly: false, isDynamic: false },
      { specifier: '../d.ts', isTypeOnly: false, isDynamic: false },
      { specifier: './f.ts', isTypeOnly: false, isDynamic: false },
      { specifier: './g.ts', isTypeOnly: true, isDynamic: false },
      { specifier: 'e', isTypeOnly: false, isDynamic: false },
      { specifier: 'h', isTypeOnly: false, isDynamic: true },
    ])
  })

  it('finds circles', () => {
    assert.equal(findCircle(groupEdges([['a', 'b'], ['b', 'c'], ['a', 'c']])), undefined) // prettier-ignore
    assert.deepEqual(findCircle(groupEdges([['a', 'b'], ['b', 'c'], ['c', 'b']])), ['b', 'c', 'b']) // prettier-ignore
  })
})

interface RelativeImport {
  readonly from: SourceFile
  readonly to: SourceFile
  readonly isTypeOnly: boolean
}

function relativeImports(): readonly RelativeImport[] {
  return library.flatMap((from) =>
    from.imports.flatMap(({ specifier, isTypeOnly }) => {
      const to = specifier.startsWith('.') ? fileByPath.get(resolveImport(from, specifier)) : undefined
      return to === undefined ? [] : [{ from, to, isTypeOnly }]
    }),
  )
}

function packageImports(): readonly { file: SourceFile; name: string; isTypeOnly: boolean }[] {
  return library.flatMap((file) =>
    file.imports.flatMap(({ specifier, isTypeOnly }) => {
      const name = packageOf(specifier)
      return name === undefined ? [] : [{ file, name, isTypeOnly }]
    }),
  )
}

function isBelow(from: SourceFile, to: SourceFile): boolean {
  return from.folder === to.folder || (floors[to.folder] ?? Infinity) < (floors[from.folder] ?? -1)
}

function describeImport({ from, to }: RelativeImport): string {
  return `${from.path} imports ${to.path}`
}

type Edges = ReadonlyMap<string, ReadonlySet<string>>

function folderImports(): Edges {
  return groupEdges(
    relativeImports()
      .filter(({ from, to }) => from.folder !== to.folder)
      .map(({ from, to }) => [from.folder, to.folder]),
  )
}

function groupEdges(pairs: readonly (readonly [string, string])[]): Edges {
  const edges = new Map<string, Set<string>>()
  for (const [from, to] of pairs) edges.set(from, (edges.get(from) ?? new Set()).add(to))
  return edges
}

function findCircle(edges: Edges): readonly string[] | undefined {
  const finished = new Set<string>()
  const visit = (node: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node]
    if (finished.has(node)) return undefined
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...trail, node])
      if (circle !== undefined) return circle
    }
    finished.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const circle = visit(node, [])
    if (circle !== undefined) return circle
  }
  return undefined
}

function isLoadedWithFile({ isTypeOnly, isDynamic }: ImportLine): boolean {
  return !isTypeOnly && !isDynamic
}

function reachableFrom(
  path: string,
  isFollowed = ({ isTypeOnly }: ImportLine): boolean => !isTypeOnly,
): readonly SourceFile[] {
  const reached = new Map<string, SourceFile>()
  const visit = (file: SourceFile | undefined): void => {
    if (file === undefined || reached.has(file.path)) return
    reached.set(file.path, file)
    for (const line of file.imports) {
      const { specifier } = line
      if (isFollowed(line) && specifier.startsWith('.')) visit(fileByPath.get(resolveImport(file, specifier)))
    }
  }
  visit(fileByPath.get(path))
  return [...reached.values()]
}
