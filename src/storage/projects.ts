/** Ids of all projects, oldest first. */
export async function listProjectIds(db: D1Database): Promise<readonly string[]> {
  const { results } = await db
    .prepare('SELECT id FROM projects ORDER BY created_at, id')
    .all<{ id: string }>()
  return results.map((row) => row.id)
}
