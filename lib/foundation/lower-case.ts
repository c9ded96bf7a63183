/**
 * Lower case, but for the four characters that would become a letter of somebody else's name: the Kelvin sign would be the
 * k of `mike`, the Angstrom and Ohm signs å and ω, and İ two characters that look like i. They stay as they are, and so
 * match nobody but themselves.
 */
export function inLowerCase(text: string): string {
  return text.replace(/[^\u0130\u2126\u212a\u212b]+/g, (part) => part.toLowerCase())
}
