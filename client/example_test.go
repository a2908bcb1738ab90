package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"time"

	"github.com/tenantry/tenantry/client"
)

func Example() {
	// A server for the example; yours is Tenantry or the hosted service.
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"statusCode":400,"message":"The tag name is already exist.","error":"Bad Request","code":"duplicate"}`)
			return
		}
		io.WriteString(w, `{"tags":[{"id":"flGwEuzsfJOia1i1ikRN","name":"vip","locationId":"ve9EPM428h8vShlRW1KT"}]}`)
	}))
	defer srv.Close()

	c := client.New(srv.URL, os.Getenv("TENANTRY_TOKEN"), client.WithRetry(client.Retry{Tries: 3}))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	tags, err := c.Tags(ctx, "ve9EPM428h8vShlRW1KT")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags[0].Name)

	_, err = c.CreateTag(ctx, "ve9EPM428h8vShlRW1KT", "VIP")
	if refusal, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(refusal.StatusCode, refusal.Code, refusal.Messages)
	}
	// Output:
	// vip
	// 400 duplicate [The tag name is already exist.]
}

func ExampleClient_UpdateLocation() {
	c := client.New("http://127.0.0.1:8080", os.Getenv("TENANTRY_TOKEN"))
	// A nil member stays as it is, a pointer to an empty text clears.
	location, err := c.UpdateLocation(context.Background(), "ve9EPM428h8vShlRW1KT", client.UpdateLocationRequest{
		CompanyID: "5DP4iH6HLkQsiKESj6rh",
		Website:   new(""),
		Settings:  &client.SettingsPatch{AllowDuplicateContact: new(true)},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(location.Name)
}

func ExampleClient_UploadFiles() {
	file, err := os.Open("contract.pdf")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	c := client.New("http://127.0.0.1:8080", os.Getenv("TENANTRY_TOKEN"))
	result, err := c.UploadFiles(context.Background(), "ve9EPM428h8vShlRW1KT", "3sv6UEo51C9Bmpo1cKTq", 1,
		client.Upload{Name: "contract.pdf", Content: file})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.URLs["contract.pdf"])
}

func ExampleClient_Do() {
	c := client.New("http://127.0.0.1:8080", "")
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"` // seconds
	}
	err := c.Do(context.Background(), http.MethodPost, "/oauth/token", url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {os.Getenv("CLIENT_ID")},
		"client_secret": {os.Getenv("CLIENT_SECRET")},
	}, &token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.ExpiresIn)
}
