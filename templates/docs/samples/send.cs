using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

const string Api = "https://sms.example.com/api/v1";
const string Key = "bms_test_your_api_key";

using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);

var order = new { recipients = new[] { "0240000001" }, message = "Hello from my program!" };
var response = await client.PostAsJsonAsync($"{Api}/sms/send", order);
var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
if (!answer.GetProperty("success").GetBoolean())
{
    Console.Error.WriteLine($"{answer.GetProperty("code")}: {answer.GetProperty("error")}");
    return 1;
}

var data = answer.GetProperty("data");
Console.WriteLine($"Accepted as {data.GetProperty("messageId")}");
Console.WriteLine($"Credits used: {data.GetProperty("creditsUsed")}");
return 0;
