import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import typescript, { type InterfaceDeclaration, type Node, type TypeAliasDeclaration } from 'typescript'

/** What the code says of one member of an options type. */
export interface MemberText {
  /** The text of its TSDoc; empty without. */
  readonly text: string
  /** Names of the types in its type. */
  readonly types: readonly string[]
  /** The texts its type is limited to (`type: 'openid'`). */
  readonly literals: readonly string[]
}

interface OptionType {
  /** The text of its own TSDoc. */
  readonly text: string
  readonly members: ReadonlyMap<string, MemberText>
  /** What it extends or is made of. */
  readonly bases: readonly string[]
}

/** The options types of the library, by name. */
export type OptionTexts = ReadonlyMap<string, OptionType>

const library = join(import.meta.dirname, '..', '..', 'lib')

/** Reads the TSDoc of all interfaces and type aliases of the library, by syntax alone: no type is resolved. */
export function readOptionTexts(): OptionTexts {
  const texts = new Map<string, OptionType>()
  for (const file of readdirSync(library, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )) {
    const source = readFileSync(join(library, file), 'utf8')
    const tree = typescript.createSourceFile(file, source, typescript.ScriptTarget.ES2023, true)
    tree.forEachChild((node) => {
      if (!typescript.isInterfaceDeclaration(node) && !typescript.isTypeAliasDeclaration(node)) return
      texts.set(node.name.text, readType(node))
    })
  }
  return texts
}

/** The member of that name of the first of the types that has one, their bases included. */
export function findMember(texts: OptionTexts, types: readonly string[], member: string): MemberText | undefined {
  for (const type of closure(texts, types)) {
    const found = texts.get(type)?.members.get(member)
    if (found !== undefined) return found
  }
  return undefined
}

/** The types and all they extend or are made of, nearest first. */
export function closure(texts: OptionTexts, types: readonly string[]): readonly string[] {
  const reached = new Set<string>()
  const waiting = [...types]
  for (let type = waiting.shift(); type !== undefined; type = waiting.shift()) {
    if (reached.has(type) || !texts.has(type)) continue
    reached.add(type)
    waiting.push(...(texts.get(type)?.bases ?? []))
  }
  return [...reached]
}

function readType(node: InterfaceDeclaration | TypeAliasDeclaration): OptionType {
  const members = new Map<string, MemberText>()
  const bases: string[] = []
  const visit = (child: Node): void => {
    if (typescript.isPropertySignature(child)) {
      const name = child.name.getText()
      if (!members.has(name)) members.set(name, readMember(child))
    } else if (typescript.isIdentifier(child)) bases.push(child.text)
    else child.forEachChild(visit)
  }
  node.forEachChild((child) => {
    if (child !== node.name) visit(child)
  })
  return { text: textOf(node), members, bases }
}

function readMember(node: Node & { readonly type?: Node | undefined }): MemberText {
  const types: string[] = []
  const literals: string[] = []
  const visit = (child: Node): void => {
    if (typescript.isIdentifier(child)) types.push(child.text)
    if (typescript.isStringLiteral(child)) literals.push(child.text)
    child.forEachChild(visit)
  }
  if (node.type !== undefined) visit(node.type)
  return { text: textOf(node), types, literals }
}

function textOf(node: Node): string {
  const [comment] = typescript.getJSDocCommentsAndTags(node)
  const text = comment === undefined ? '' : typescript.getTextOfJSDocComment(comment.comment)
  return (text ?? '').replaceAll(/\s+/g, ' ').trim()
}
