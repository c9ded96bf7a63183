/** What a change of the file does to servers that run. A command line cannot reach into a process. */
export const reachOfChange: readonly string[] = [
  'Servers that follow the file (createS2SFromFile) have it within a second; restart the others, or call',
  's2s.trustedIssuers.remove() or s2s.suspend() in them. Tokens accepted before are judged anew.',
]
