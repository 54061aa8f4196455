using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

const string Api = "https://sms.example.com/api/v1";
const string Key = "bms_test_your_api_key";
const string MessageId = "your_message_id";

using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);

var response = await client.GetAsync($"{Api}/sms/{MessageId}/recipients");
var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
if (!answer.GetProperty("success").GetBoolean())
{
    Console.Error.WriteLine($"{answer.GetProperty("code")}: {answer.GetProperty("error")}");
    return 1;
}

var data = answer.GetProperty("data");
foreach (var recipient in data.GetProperty("recipients").EnumerateArray())
{
    var (phone, status) = (recipient.GetProperty("phone"), recipient.GetProperty("status"));
    Console.WriteLine($"{phone} {status} {recipient.GetProperty("reason")}");
}
Console.WriteLine($"Still under way: {data.GetProperty("stats").GetProperty("pending")}");
return 0;
