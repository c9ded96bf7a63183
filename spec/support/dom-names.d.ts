// The types of playwright-core name what exists in browsers only; nothing here uses it.
interface Node {
  readonly nodeName: string
}
interface HTMLElement extends Node {
  readonly tagName: string
}
interface SVGElement extends Node {
  readonly tagName: string
}
type HTMLElementTagNameMap = Record<string, HTMLElement>
