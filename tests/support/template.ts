/**
 * Prepares the database that every test's database is copied from. Runs once for each test run, on an empty database.
 * The one place where tests meet the migrations.
 */
export async function prepareTemplate(_url: string): Promise<void> {}
