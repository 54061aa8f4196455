using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

const string Api = "https://sms.example.com/api/v1";
const string Key = "bms_test_your_api_key";

using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);

var order = new { recipients = new[] { "0240000001" }, message = "Order 1017 is on its way." };
var answer = await Post("/sms/send", order, "order-1017");
if (answer.GetProperty("success").GetBoolean())
{
    Console.WriteLine($"Accepted as {answer.GetProperty("data").GetProperty("messageId")}");
    return 0;
}
var code = answer.GetProperty("code").GetString();
Console.Error.WriteLine(
    code == "insufficient_credits"
        ? "Buy credits first."
        : $"{code}: {answer.GetProperty("error")} ({answer.GetProperty("requestId")})");
return 1;

async Task<JsonElement> Post(string path, object body, string idempotencyKey)
{
    for (var attempt = 0; attempt < 6; attempt++)
    {
        var wait = TimeSpan.FromSeconds(
            0.5 * Math.Pow(2, attempt) * (0.5 + Random.Shared.NextDouble() / 2));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Api + path);
            request.Headers.Add("Idempotency-Key", idempotencyKey);
            request.Content = JsonContent.Create(body);
            using var response = await client.SendAsync(request);
            var status = (int)response.StatusCode;
            if (status != 429 && status < 500)
                return await response.Content.ReadFromJsonAsync<JsonElement>();
            if (response.Headers.RetryAfter?.Delta is { } asked && asked > wait)
                wait = asked;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            // No answer: it may have been accepted, and the same key makes asking again safe.
        }
        await Task.Delay(wait);
    }
    throw new TimeoutException("No answer after six tries. Try again later, with the same key.");
}
