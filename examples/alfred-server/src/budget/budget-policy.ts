/** The name of the budget among the policies of the rate limits. */
export const budgetPolicy = 'ai-tokens'
